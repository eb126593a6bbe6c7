import type { CanonicalEvent } from '#canonical';
import { PUT_BACK, type EventDecoder } from './event-decoder.js';
import { fromRanges } from './position-ranges.js';
import type { RequestHeader } from './segment-format.js';
import { eventId } from './segment-id.js';

/**
 * The events of one stored request by position; undefined where refused or erased. Repeats of earlier requests are among
 * them. Throws where the bytes cannot be decoded.
 */
export function decodeRequest(
  decoder: EventDecoder,
  segmentId: string,
  request: RequestHeader,
  body: Buffer,
): readonly (CanonicalEvent | undefined)[] {
  if (isCanonical(request)) {
    return (JSON.parse(body.toString()) as (CanonicalEvent | null)[]).map((event) => event ?? undefined);
  }
  const rejected = request.rejected === '' ? undefined : new Set(fromRanges(request.rejected));
  const decoded = decoder.decode({
    ...request,
    body,
    accepts: (index) => rejected?.has(index) !== true,
    idAt: (index) => eventId(segmentId, request.base + index),
  });
  const events = new Array<CanonicalEvent | undefined>(request.total);
  for (let index = 0; index < events.length; index++) events[index] = rejected?.has(index) ? undefined : decoded[index];
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
