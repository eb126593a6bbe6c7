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
  if (request.form === 'canonical' || request.dialect === PUT_BACK) {
    return (JSON.parse(body.toString()) as (CanonicalEvent | null)[]).map((event) => event ?? undefined);
  }
  const rejected = new Set(fromRanges(request.rejected));
  const decoded = decoder.decode({
    ...request,
    body,
    accepts: (index) => !rejected.has(index),
    idAt: (index) => eventId(segmentId, request.base + index),
  });
  return Array.from({ length: request.total }, (_, index) => (rejected.has(index) ? undefined : decoded[index]));
}
