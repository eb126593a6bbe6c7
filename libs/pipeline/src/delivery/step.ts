import type { Answer, Part, Rejected } from './batch-record.js';

/** Ten single events refused in a row with nothing accepted in between: the destination itself is at fault. */
export const REFUSALS_TO_OPEN = 10;
export const REFUSED_IN_A_ROW = 'refused_in_a_row';

/** What the try says of the destination as a whole. */
export type Health =
  | { readonly kind: 'good'; readonly accepted: boolean }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'broken'; readonly code: string }
  | { readonly kind: 'unknown' };

export interface Step {
  readonly delivered: readonly number[];
  readonly duplicate: readonly number[];
  readonly rejected: readonly Rejected[];
  /** What takes the place of the part. */
  readonly parts: readonly Part[];
  /** Those go behind the batch's other parts. */
  readonly isLast?: boolean;
  readonly health: Health;
  /** Single events refused by this try. */
  readonly refusedSingles: number;
  /** Nobody sends to this destination for so long (ms). */
  readonly holdMs: number;
}

export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  /** Why the breaker is open, if this try asks whether the destination is back. */
  readonly probing?: string;
  /** Single events refused in a row before this try. */
  readonly refusals: number;
  readonly answer?: Answer;
}

export const nothing = { delivered: [], duplicate: [], rejected: [], refusedSingles: 0, holdMs: 0 };
export const good: Health = { kind: 'good', accepted: true };

/** A refusal is an answer: the destination is back, unless refusals are what opened its breaker. */
export const reached = (moment: Moment): Health =>
  moment.probing === REFUSED_IN_A_ROW ? { kind: 'unknown' } : { kind: 'good', accepted: false };
