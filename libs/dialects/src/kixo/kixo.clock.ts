import { parseInstant } from '#canonical';
import type { Instant, Json } from '#canonical';

/** A device may stamp an event this much later than it says it sent it. */
const MAX_LEAD_MS = 60_000;
const YEAR_ZERO_MS = -62_167_219_200_000;
const DAY_MS = 86_400_000;
/** `2026-05-01T10:00:05.000` */
const MILLISECOND_CHARS = 23;

/** Turns a canonical timestamp of the device's clock into one of the gateway's. */
export type Clock = (occurredAt: string) => string;

/** Undefined if the device did not say when it sent the request: then its clock is taken as right. */
export function parseSentAt(sentAt: Json | undefined): Instant | undefined {
  return typeof sentAt === 'string' ? parseInstant(sentAt) : undefined;
}

/**
 * An event that happened 30 seconds before sending happened 30 seconds before receipt, and nothing happens after its
 * receipt. Digits below the millisecond stay: they keep the order within the request.
 */
export function correctedClock(sentAt: Instant, receivedAtMs: number): Clock {
  const driftMs = receivedAtMs - sentAt.epochMs;
  const format = millisecondFormat();
  return (occurredAt) => {
    const epochMs = Date.parse(occurredAt);
    if (epochMs - sentAt.epochMs > MAX_LEAD_MS || epochMs + driftMs < YEAR_ZERO_MS) return occurredAt;
    if (epochMs + driftMs >= receivedAtMs) return `${format(receivedAtMs)}Z`;
    return format(epochMs + driftMs) + occurredAt.slice(MILLISECOND_CHARS);
  };
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** `toISOString` without its `Z`, many times cheaper for instants of one day, as those of a request mostly are. */
function millisecondFormat(): (epochMs: number) => string {
  let day = NaN;
  let date = '';
  return (epochMs) => {
    const dayOf = Math.floor(epochMs / DAY_MS);
    if (dayOf !== day) {
      day = dayOf;
      date = new Date(day * DAY_MS).toISOString().slice(0, 11);
    }
    const seconds = Math.floor((epochMs - day * DAY_MS) / 1000);
    const hour = TWO_DIGITS[Math.floor(seconds / 3600)];
    const minute = TWO_DIGITS[Math.floor(seconds / 60) % 60];
    const millisecond = String(epochMs - day * DAY_MS - seconds * 1000).padStart(3, '0');
    return `${date}${hour}:${minute}:${TWO_DIGITS[seconds % 60]}.${millisecond}`;
  };
}
