import type { CanonicalEvent } from '#canonical';
import type { Destination } from '#control-plane';
import { countRanges, fromRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import {
  MAX_ATTEMPTS_KEPT,
  type Answer,
  type Attempt,
  type BatchRecord,
  type Part,
  type Rejected,
} from './batch-record.js';
import { markOf } from './asks-another.js';
import { probeTimes } from './probe-times.js';
import type { Health } from './step.js';
import { deadLetter } from './dead-letter.js';

/** A run of failed requests that opens the breaker. */
const FAILURES_TO_OPEN = 10;
/** Finished batch records kept per destination for the trace. */
const FINISHED_MAX_BYTES = 4 * 1024 * 1024;
const FINISHED_MAX_AGE_MS = 7 * 86_400_000;

const SHOWN_ERROR_CHARACTERS = 300;

/** What changes by one step, over and above the record itself. */
export interface Change {
  readonly delivered: readonly number[];
  readonly duplicate: readonly number[];
  readonly notWanted: readonly number[];
  readonly rejected: readonly Rejected[];
  readonly parts: readonly Part[];
  readonly health: Health;
  readonly refusedSingles: number;
  readonly holdMs: number;
  readonly attempt?: Attempt;
  readonly answer?: Answer;
}

export function applyChange(record: BatchRecord, change: Change): BatchRecord {
  const { settled } = record;
  return {
    ...record,
    parts: change.parts,
    settled: {
      delivered: merged(settled.delivered, change.delivered),
      duplicate: merged(settled.duplicate, change.duplicate),
      notWanted: merged(settled.notWanted, change.notWanted),
      rejected: [...settled.rejected, ...change.rejected.map(({ answer: _, ...rejected }) => rejected)],
    },
    attempts: change.attempt ? [...record.attempts, change.attempt].slice(-MAX_ATTEMPTS_KEPT) : record.attempts,
  };
}

function merged(ranges: PositionRanges, members: readonly number[]): PositionRanges {
  if (members.length === 0) return ranges;
  if (ranges === '') return toRanges(members);
  return toRanges([...fromRanges(ranges), ...members].sort((a, b) => a - b));
}

/** The settle script's fifth argument. */
export function settlementText(
  before: BatchRecord,
  change: Change,
  destination: Destination,
  events: readonly (CanonicalEvent | undefined)[],
  now: number,
): string {
  const settledMembers = [
    ...change.delivered,
    ...change.duplicate,
    ...change.notWanted,
    ...change.rejected.map((rejected) => rejected.member),
  ];
  const { health } = change;
  return JSON.stringify({
    segments: segmentCounts(before, settledMembers).flatMap(({ segmentId, count }) => [segmentId, count]),
    counters: [
      ['delivered', change.delivered.length],
      ['duplicate', change.duplicate.length],
      ['notWanted', change.notWanted.length],
      ['open', -settledMembers.length],
      ['retrying', retrying(change.parts) - retrying(before.parts ?? [])],
    ].flat(),
    dead: change.rejected.flatMap((rejected) => {
      const event = events[rejected.member];
      return event ? deadLetter(destination.id, event, rejected, attemptsOf(before, rejected.member), now) : [];
    }),
    ...usersDone(before, settledMembers),
    ...restOf(change.parts, now),
    changedAt: Date.parse(destination.updatedAt),
    lastError: lastError(change, now),
    holdMs: change.holdMs,
    holdOf: markOf(destination),
    probeMs: probeTimes(destination.retry).probeMs,
    health: health.kind,
    accepted: health.kind === 'good' && health.accepted,
    code: 'code' in health ? health.code : '',
    failuresToOpen: FAILURES_TO_OPEN,
    refused: change.refusedSingles,
    bytes: before.bytes,
    finishedMaxBytes: FINISHED_MAX_BYTES,
    finishedMaxAgeMs: FINISHED_MAX_AGE_MS,
  });
}

function usersDone({ users }: BatchRecord, members: readonly number[]): { readonly users?: readonly string[] } {
  return users && members.length > 0 ? { users: members.flatMap((member) => users[member] ?? []) } : {};
}

/** A batch of which everything waits for another try leaves its place to others. */
function restOf(parts: readonly Part[], now: number): { readonly restsUntil?: number } {
  const restsUntil = Math.min(...parts.map(({ notBefore }) => notBefore));
  return parts.length > 0 && restsUntil > now ? { restsUntil } : {};
}

function lastError(change: Change, now: number): string | undefined {
  const { attempt } = change;
  if (!attempt || attempt.outcome === 'delivered') return undefined;
  // Where no answer came, the attempt tells what went wrong.
  const detail = (change.answer?.body ?? attempt.response ?? '').slice(0, SHOWN_ERROR_CHARACTERS);
  return JSON.stringify({ at: new Date(now).toISOString(), code: attempt.code, detail });
}

const retrying = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + (part.attempts > 0 ? countRanges(part.members) : 0), 0);

function attemptsOf(record: BatchRecord, member: number): number {
  const part = record.parts?.find(({ members }) => fromRanges(members).includes(member));
  return (part?.attempts ?? 0) + 1;
}

/** How many of these events each segment has; none that has none. */
export function segmentCounts(
  record: BatchRecord,
  members: readonly number[],
): readonly { readonly segmentId: string; readonly count: number }[] {
  if (members.length === 0) return [];
  const sorted = isAscending(members) ? members : [...members].sort((a, b) => a - b);
  const counts: { readonly segmentId: string; readonly count: number }[] = [];
  let next = 0;
  let end = 0;
  for (const [segmentId, , size] of record.references) {
    end += size;
    const first = next;
    while (next < sorted.length && (sorted[next] ?? 0) < end) next++;
    if (next > first) counts.push({ segmentId, count: next - first });
  }
  return counts;
}

const isAscending = (members: readonly number[]): boolean =>
  members.every((member, i) => i === 0 || (members[i - 1] ?? 0) < member);
