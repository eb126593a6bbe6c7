import type { EventOutcome, Interpretation, Refusal, RetrySettings } from '#destinations';
import { fromRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import type { Answer, Part, Rejected, Search } from './batch-record.js';

/** Ten single events refused in a row with nothing accepted in between: the destination itself is at fault. */
export const REFUSALS_TO_OPEN = 10;
const REFUSED_IN_A_ROW = 'refused_in_a_row';

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

/** The members of the request that the part sends next. */
export function sending(part: Part): PositionRanges {
  if (!part.search) return part.members;
  const suspects = fromRanges(part.search.suspects);
  return toRanges(suspects.slice(0, Math.ceil(suspects.length / 2)));
}

/** What an answer to the part's request makes of it. Pure. */
export function advance(part: Part, answer: Interpretation, retry: RetrySettings, moment: Moment): Step {
  const sent = fromRanges(sending(part));
  switch (answer.kind) {
    case 'delivered':
      return accepted(part, sent);
    case 'per_event':
      return perEvent(part, sent, answer.outcomes, retry, moment);
    case 'refused':
      return refused(part, sent, answer.refusal, moment);
    case 'too_large':
      return tooLarge(part, sent, answer.refusal, moment);
    case 'throttled':
      return throttled(part, answer.afterMs, retry, moment);
    case 'retry':
      return failed(part, answer.code, answer.afterMs, retry, moment);
    case 'paused':
      return { ...nothing, parts: [part], health: { kind: 'broken', code: answer.code } };
  }
}

const nothing = { delivered: [], duplicate: [], rejected: [], refusedSingles: 0, holdMs: 0 };
const good: Health = { kind: 'good', accepted: true };

function fresh(part: Part, members: readonly number[]): Part[] {
  if (members.length === 0) return [];
  const { search: _, ...rest } = part;
  return [{ ...rest, members: toRanges(members), notBefore: 0 }];
}

const without = (all: readonly number[], some: readonly number[]): number[] => {
  const gone = new Set(some);
  return all.filter((member) => !gone.has(member));
};

const ascending = (members: readonly number[]): number[] => [...members].sort((a, b) => a - b);

function accepted(part: Part, sent: readonly number[]): Step {
  const { search } = part;
  if (!search) return { ...nothing, delivered: sent, parts: [], health: good };
  const suspects = without(fromRanges(search.suspects), sent);
  return { ...nothing, delivered: sent, ...narrowed(part, suspects, fromRanges(search.aside), search), health: good };
}

function rejection(member: number, refusal: Refusal, answer: Answer | undefined): Rejected {
  return { member, code: refusal.code, detail: refusal.detail, ...(answer ? { answer } : {}) };
}

/** One suspect left is the culprit; more are halved again. */
function narrowed(
  part: Part,
  suspects: readonly number[],
  aside: readonly number[],
  { refusal, answer }: Pick<Search, 'refusal' | 'answer'>,
): { readonly rejected: readonly Rejected[]; readonly parts: readonly Part[] } {
  const [culprit] = suspects;
  if (suspects.length === 1 && culprit !== undefined) {
    return { rejected: [rejection(culprit, refusal, answer)], parts: fresh(part, aside) };
  }
  const members = toRanges(ascending([...suspects, ...aside]));
  const search = { suspects: toRanges(suspects), aside: toRanges(aside), refusal, ...(answer ? { answer } : {}) };
  return { rejected: [], parts: [{ ...part, members, notBefore: 0, search }] };
}

function refused(part: Part, sent: readonly number[], refusal: Refusal, moment: Moment): Step {
  const rest = without(fromRanges(part.members), sent);
  const [single] = sent;
  if (sent.length === 1 && single !== undefined) {
    if (moment.refusals + 1 >= REFUSALS_TO_OPEN) {
      return { ...nothing, parts: [part], health: { kind: 'broken', code: REFUSED_IN_A_ROW }, refusedSingles: 1 };
    }
    const rejected = [rejection(single, refusal, moment.answer)];
    return { ...nothing, rejected, parts: fresh(part, rest), health: reached(moment), refusedSingles: 1 };
  }
  const { answer } = moment;
  return {
    ...nothing,
    ...narrowed(part, sent, rest, { refusal, ...(answer ? { answer } : {}) }),
    health: reached(moment),
  };
}

/** A refusal is an answer: the destination is back, unless refusals are what opened its breaker. */
const reached = (moment: Moment): Health =>
  moment.probing === REFUSED_IN_A_ROW ? { kind: 'unknown' } : { kind: 'good', accepted: false };

function tooLarge(part: Part, sent: readonly number[], refusal: Refusal, moment: Moment): Step {
  const rest = without(fromRanges(part.members), sent);
  const [single] = sent;
  const health: Health = { kind: 'good', accepted: false };
  if (sent.length === 1 && single !== undefined) {
    return { ...nothing, rejected: [rejection(single, refusal, moment.answer)], parts: fresh(part, rest), health };
  }
  const half = Math.ceil(sent.length / 2);
  const parts = [...fresh(part, sent.slice(0, half)), ...fresh(part, sent.slice(half)), ...fresh(part, rest)];
  return { ...nothing, parts, health };
}

function perEvent(
  part: Part,
  sent: readonly number[],
  outcomes: readonly EventOutcome[],
  retry: RetrySettings,
  moment: Moment,
): Step {
  const by = (kind: EventOutcome['kind']): number[] => sent.filter((_, i) => (outcomes[i]?.kind ?? 'retry') === kind);
  const rejected = sent.flatMap((member, i): Rejected[] => {
    const outcome = outcomes[i];
    return outcome?.kind === 'rejected' ? [rejection(member, outcome.refusal, moment.answer)] : [];
  });
  const delivered = by('delivered');
  const duplicate = by('duplicate');
  const open = by('retry');
  const rest = without(fromRanges(part.members), sent);
  const anyAccepted = delivered.length + duplicate.length > 0;
  if (!anyAccepted && open.length === 0 && rejected.length === 1 && moment.refusals + 1 >= REFUSALS_TO_OPEN) {
    return { ...nothing, parts: [part], health: { kind: 'broken', code: REFUSED_IN_A_ROW }, refusedSingles: 1 };
  }
  const again =
    open.length === 0 ? nothing : failed({ ...part, members: toRanges(open) }, 'partial', undefined, retry, moment);
  return {
    delivered,
    duplicate,
    rejected: [...rejected, ...again.rejected],
    parts: [...('parts' in again ? again.parts : []), ...fresh(part, rest)],
    health: anyAccepted ? good : reached(moment),
    refusedSingles: !anyAccepted && sent.length === 1 ? rejected.length : 0,
    holdMs: 0,
  };
}

/** Exponential backoff with full jitter, in milliseconds. */
function backoffMs(attempts: number, retry: RetrySettings, random: number): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.ceil(random * ceiling);
}

function throttled(part: Part, afterMs: number | undefined, retry: RetrySettings, moment: Moment): Step {
  const capMs = retry.maxAgeSeconds * 1_000;
  // Without a time the vendor is asked again after the shortest delay at least: no attempt is spent on guessing.
  const holdMs = Math.min(afterMs ?? retry.minDelayMs + backoffMs(2, retry, moment.random), capMs);
  const firstAttemptAt = part.firstAttemptAt ?? moment.now;
  return { ...nothing, parts: [{ ...part, firstAttemptAt }], health: { kind: 'unknown' }, holdMs: Math.max(holdMs, 1) };
}

function failed(part: Part, code: string, afterMs: number | undefined, retry: RetrySettings, moment: Moment): Step {
  const health: Health = { kind: 'failed', code };
  const firstAttemptAt = part.firstAttemptAt ?? moment.now;
  if (afterMs !== undefined) {
    const holdMs = Math.min(afterMs, retry.maxAgeSeconds * 1_000);
    return { ...nothing, parts: [{ ...part, firstAttemptAt }], health, holdMs };
  }
  // A probe only asks whether the destination is back; its failing says nothing of these events.
  if (moment.probing !== undefined) return { ...nothing, parts: [{ ...part, firstAttemptAt }], health };
  const attempts = part.attempts + 1;
  const ageMs = moment.now - firstAttemptAt - part.heldMs;
  const ended =
    attempts >= retry.maxAttempts ? 'attempts_exhausted' : ageMs >= retry.maxAgeSeconds * 1_000 ? 'expired' : '';
  if (ended !== '') {
    const refusal = { code: ended, detail: `last try: ${code}` };
    const rejected = fromRanges(part.members).map((member) => rejection(member, refusal, moment.answer));
    return { ...nothing, rejected, parts: [], health };
  }
  const notBefore = moment.now + backoffMs(attempts, retry, moment.random);
  return { ...nothing, parts: [{ ...part, attempts, firstAttemptAt, notBefore }], health };
}
