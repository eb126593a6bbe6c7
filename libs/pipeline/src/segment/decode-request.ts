import type { CanonicalEvent } from '#canonical';
import { PUT_BACK, type EventDecoder } from './event-decoder.js';
import { fromRanges } from './position-ranges.js';
import type { RequestHeader } from './segment-format.js';
import { eventId } from './segment-id.js';

/**
 * The events of one stored request by position; undefined where refused, a repeat or erased. Throws where the bytes cannot
 * be decoded. `repeats` are positions of the segment, fixed when it was appended: what a request says once goes to the
 * first event that is taken, so that whoever decodes without them may hand it to one that nobody gets.
 */
export function decodeRequest(
  decoder: EventDecoder,
  segmentId: string,
  request: RequestHeader,
  body: Buffer,
  repeats: ReadonlySet<number>,
): readonly (CanonicalEvent | undefined)[] {
  const { base, total } = request;
  const rejected = request.rejected === '' ? undefined : new Set(fromRanges(request.rejected));
  const accepts = (index: number): boolean => rejected?.has(index) !== true && !repeats.has(base + index);
  const decoded = isCanonical(request)
    ? (JSON.parse(body.toString()) as (CanonicalEvent | null)[])
    : decoder.decode({ ...request, body, accepts, idAt: (index) => eventId(segmentId, base + index) });
  const events = new Array<CanonicalEvent | undefined>(total);
  for (let index = 0; index < total; index++)
    events[index] = accepts(index) ? (decoded[index] ?? undefined) : undefined;
  return events;
}

/** The item at a position of the request as its vendor's client sent it; undefined where that is not kept. */
export function itemOfRequest(decoder: EventDecoder, request: RequestHeader, body: Buffer, index: number): unknown {
  return isCanonical(request) ? undefined : decoder.itemAt({ ...request, body }, index);
}

/** Written anew by the gateway itself: put back by a replay, or without what was erased. */
function isCanonical({ form, dialect }: RequestHeader): boolean {
  return form === 'canonical' || dialect === PUT_BACK;
}
