import type { RetrySettings } from '#destinations';
import { fromRanges } from '../segment/position-ranges.js';
import type { Part } from './batch-record.js';
import { probeTimes } from './probe-times.js';
import { rejection } from './search.js';
import { nothing, type Health, type Moment, type Step } from './step.js';

/** Exponential backoff with full jitter, in milliseconds. */
function backoffMs(attempts: number, retry: RetrySettings, random: number): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.ceil(random * ceiling);
}

/** A destination that asks for no wait at all gets this one: it is not to be asked in a tight loop. In milliseconds. */
const SHORTEST_WAIT_MS = 250;

/** A wait that the destination asked for, within bounds. */
function askedWaitMs(afterMs: number, retry: RetrySettings): number {
  return Math.min(Math.max(afterMs, Math.min(SHORTEST_WAIT_MS, retry.minDelayMs)), retry.maxAgeSeconds * 1_000);
}

/** It leaves its place in the meantime to a batch that may fare better. */
export const rested = (part: Part, retry: RetrySettings, { now }: Moment): Part => ({
  ...part,
  notBefore: now + probeTimes(retry).restMs,
});

export function throttled(part: Part, afterMs: number | undefined, retry: RetrySettings, moment: Moment): Step {
  if (afterMs === undefined) return failed(part, 'http_429', undefined, retry, moment);
  const holdMs = askedWaitMs(afterMs, retry);
  const firstAttemptAt = part.firstAttemptAt ?? moment.now;
  return { ...nothing, parts: [{ ...part, firstAttemptAt }], health: { kind: 'unknown' }, holdMs: Math.max(holdMs, 1) };
}

export function failed(
  part: Part,
  code: string,
  afterMs: number | undefined,
  retry: RetrySettings,
  moment: Moment,
): Step {
  const health: Health = { kind: 'failed', code };
  const firstAttemptAt = part.firstAttemptAt ?? moment.now;
  if (afterMs !== undefined) {
    const holdMs = askedWaitMs(afterMs, retry);
    return { ...nothing, parts: [{ ...part, firstAttemptAt }], health, holdMs };
  }
  // A probe only asks whether the destination is back; its failing says nothing of these events.
  if (moment.probing !== undefined)
    return { ...nothing, parts: [{ ...rested(part, retry, moment), firstAttemptAt }], health };
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
