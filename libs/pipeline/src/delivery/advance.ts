import type { Interpretation, Refusal, RetrySettings } from '#destinations';
import { fromRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import type { Part } from './batch-record.js';
import { perEvent } from './per-event.js';
import { halvedForProbes, isOneTooMany, kept } from './refused-in-a-row.js';
import { fresh, narrowed, rejection, searched, without } from './search.js';
import { good, nothing, reached, REFUSED_IN_A_ROW, type Health, type Moment, type Step } from './step.js';
import { failed, throttled } from './try-later.js';

/** The first part that is due, or else the one that is due first. */
export function nextOf(parts: readonly Part[], now: number): Part | undefined {
  const due = parts.find(({ notBefore }) => notBefore <= now);
  return due ?? parts.toSorted((a, b) => a.notBefore - b.notBefore)[0];
}

/** The members of the request that the part sends next. */
export function sending(part: Part): PositionRanges {
  if (!part.search) return part.members;
  const suspects = fromRanges(part.search.suspects);
  // Where one suspect is left, the others show whether it is the culprit.
  if (suspects.length === 1 && part.search.aside !== '') return part.search.aside;
  return toRanges(suspects.slice(0, Math.max(1, Math.floor(suspects.length / 2))));
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
      return refused(part, sent, answer.refusal, retry, moment);
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

/**
 * The last suspect is the culprit only if as many others went through together as were refused with it: else the
 * destination may have refused how many there were, and it goes alone. What is put aside beside a refused half is no
 * smaller than that half; only a single event, the last suspect of a search before, may be put aside besides.
 */
function accepted(part: Part, sent: readonly number[]): Step {
  const step = { ...nothing, delivered: sent, health: good };
  const { search } = part;
  if (!search) return { ...step, parts: [] };
  const suspects = without(fromRanges(search.suspects), sent);
  const aside = without(fromRanges(search.aside), sent);
  if (suspects.length > 1) return { ...step, ...narrowed(part, suspects, aside, search) };
  if (aside.length > 0) return { ...step, ...searched(part, suspects, aside, search) };
  const isCulprit = search.aside !== '' && sent.length > 1;
  return { ...step, ...(isCulprit ? narrowed(part, suspects, [], search) : { parts: fresh(part, suspects) }) };
}

function refused(part: Part, sent: readonly number[], refusal: Refusal, retry: RetrySettings, moment: Moment): Step {
  const rest = without(fromRanges(part.members), sent);
  const [single] = sent;
  if (sent.length === 1 && single !== undefined) {
    if (isOneTooMany(moment)) return kept(part, single, rest, retry, moment);
    const rejected = [rejection(single, refusal, moment.answer)];
    return { ...nothing, rejected, parts: fresh(part, rest), health: reached(moment), refusedSingles: 1 };
  }
  if (moment.probing === REFUSED_IN_A_ROW) return halvedForProbes(part, sent, rest, moment);
  const { answer } = moment;
  return {
    ...nothing,
    ...narrowed(part, sent, rest, { refusal, ...(answer ? { answer } : {}) }),
    health: reached(moment),
  };
}

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
