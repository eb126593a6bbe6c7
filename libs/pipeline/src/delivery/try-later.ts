import type { RetrySettings } from '#destinations';
import { fromRanges } from '../segment/position-ranges.js';
import type { Part } from './batch-record.js';
import { rejection } from './search.js';
import { nothing, type Health, type Moment, type Step } from './step.js';

/** Exponential backoff with full jitter, in milliseconds. */
function backoffMs(attempts: number, retry: RetrySettings, random: number): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.ceil(random * ceiling);
}

export function throttled(part: Part, afterMs: number | undefined, retry: RetrySettings, moment: Moment): Step {
  const capMs = retry.maxAgeSeconds * 1_000;
  // Without a time the vendor is asked again after the shortest delay at least: no attempt is spent on guessing.
  const holdMs = Math.min(afterMs ?? retry.minDelayMs + backoffMs(2, retry, moment.random), capMs);
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
