import type { Attempt, BatchRecord, Part } from '../delivery/batch-record.js';
import type { ShownRequest } from '../delivery/rehearsal.js';
import { fromRanges } from '../segment/position-ranges.js';

export type DeliveryState =
  'routing' | 'waiting' | 'retrying' | 'delivered' | 'duplicate' | 'not_wanted' | 'dead_lettered' | 'settled';

export interface DestinationTrace {
  readonly destinationId: string;
  readonly matched: boolean;
  /** The member of `match` that did not fit. */
  readonly rule?: string;
  readonly state?: DeliveryState;
  readonly reason?: { readonly code: string; readonly detail: string };
  readonly attempts: readonly Omit<Attempt, 'events'>[];
  readonly nextAttemptAt?: string;
  /** Why it waits: a pause, an open breaker, a `Retry-After` or full dead letters. */
  readonly heldBy?: string;
  /** The event as the destination gets it, alone and by today's settings: transformed, encoded, without credentials. */
  readonly request?: ShownRequest;
}

/** The event's position in the batch, if the batch carries it. */
export function memberOf(record: BatchRecord, segmentId: string, position: number): number | undefined {
  let offset = 0;
  for (const [id, ranges, count] of record.references) {
    const at = id === segmentId ? fromRanges(ranges).indexOf(position) : -1;
    if (at >= 0) return offset + at;
    offset += count;
  }
  return undefined;
}

/** What the batch says of one of its members. */
export function memberTrace(destinationId: string, record: BatchRecord, member: number): DestinationTrace {
  const attempts = record.attempts
    .filter(({ events }) => fromRanges(events).includes(member))
    .map(({ events: _, ...attempt }) => attempt);
  const part = record.parts?.find(({ members }) => fromRanges(members).includes(member));
  return { destinationId, matched: true, attempts, ...stateOf(record, part, member) };
}

function stateOf(
  { settled }: BatchRecord,
  part: Part | undefined,
  member: number,
): Pick<DestinationTrace, 'state' | 'reason' | 'nextAttemptAt'> {
  const rejected = settled.rejected.find((one) => one.member === member);
  if (rejected) return { state: 'dead_lettered', reason: { code: rejected.code, detail: rejected.detail } };
  if (fromRanges(settled.delivered).includes(member)) return { state: 'delivered' };
  if (fromRanges(settled.duplicate).includes(member)) return { state: 'duplicate' };
  if (fromRanges(settled.notWanted).includes(member)) return { state: 'not_wanted' };
  if (!part || part.attempts === 0) return { state: 'waiting' };
  return { state: 'retrying', nextAttemptAt: new Date(Math.max(part.notBefore, Date.now())).toISOString() };
}
