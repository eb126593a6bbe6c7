import type { Refusal } from '#destinations';
import type { PositionRanges } from '../segment/position-ranges.js';

/** Events of one segment: id, positions, how many, acceptance sequence of position 0. */
export type Reference = readonly [segmentId: string, positions: PositionRanges, count: number, sequence: number];

/**
 * The hunt for the events that make a request fail. `suspects` hold at least one of them; `aside` has not been judged.
 * The request under way carries the first half of the suspects, or what is aside where one suspect is left.
 */
export interface Search {
  readonly suspects: PositionRanges;
  readonly aside: PositionRanges;
  /** The latest refusal of a request that carried suspects only. */
  readonly refusal: Refusal;
  readonly answer?: Answer;
}

/** What the destination answered, cut to what is shown. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Events that go out as one request. Numbers are positions in the batch. */
export interface Part {
  readonly lane: string;
  readonly members: PositionRanges;
  /** Failed tries so far; held and probing ones, and those told how long to wait, do not count. */
  readonly attempts: number;
  /** Milliseconds since 1970; null before the first try. */
  readonly firstAttemptAt: number | null;
  /** Time held by breaker, pause or rate limit since the first try. */
  readonly heldMs: number;
  /** Not before this time (ms). */
  readonly notBefore: number;
  readonly search?: Search;
}

export interface Rejected extends Refusal {
  readonly member: number;
  /** The answer that refused this event, or the smallest request that held it. Kept in its dead letter only. */
  readonly answer?: Answer;
}

/** One try, as the trace shows it. */
export interface Attempt {
  readonly at: string;
  readonly key: string;
  readonly events: PositionRanges;
  readonly status?: number;
  readonly code: string;
  readonly outcome: string;
  readonly tookMs: number;
  /** Absent where nothing was sent over the network, and in records of earlier releases. */
  readonly request?: { readonly method: string; readonly origin: string; readonly bytes: number };
  /** The beginning of the answer, or what went wrong; without credentials. */
  readonly response?: string;
  /** What the connector makes of an answer that leaves doubt. */
  readonly note?: string;
  /** Events the vendor did not take, by its own count. */
  readonly shortfall?: number;
}

/** What is settled, by positions in the batch. */
export interface Settled {
  readonly delivered: PositionRanges;
  readonly duplicate: PositionRanges;
  readonly notWanted: PositionRanges;
  readonly rejected: readonly Rejected[];
}

/**
 * Events gathered for one destination, in a fixed order. The record is the BullMQ job's content: whoever runs the job,
 * after whatever crash, sends the same parts under the same keys.
 */
export interface BatchRecord {
  readonly v: 1;
  readonly id: string;
  /** When it was gathered, milliseconds since 1970. */
  readonly at: number;
  readonly references: readonly Reference[];
  readonly count: number;
  readonly bytes: number;
  /** Whose next event waits for them: of the first events, one each. The rest has no order to keep. */
  readonly users?: readonly string[];
  /** Null until the first look at the events. */
  readonly parts: readonly Part[] | null;
  readonly settled: Settled;
  /** The latest ones. */
  readonly attempts: readonly Attempt[];
}

/** Attempts that a record keeps. */
export const MAX_ATTEMPTS_KEPT = 30;

export function readBatchRecord(text: string): BatchRecord {
  const record = JSON.parse(text) as BatchRecord;
  if (record.v !== 1) throw new Error(`batch record version ${String(record.v)} is not known to this release`);
  return record;
}
