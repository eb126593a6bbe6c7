import { parseInstant } from '#canonical';
import type { Instant, Json } from '#canonical';

/** A device may stamp an event this much later than it says it sent it. */
const MAX_LEAD_MS = 60_000;
const YEAR_ZERO_MS = -62_167_219_200_000;

/** Turns an instant of the device's clock into one of the gateway's. */
export type Clock = (occurredAt: Instant) => Instant;

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
  return (occurredAt) => {
    if (occurredAt.epochMs - sentAt.epochMs > MAX_LEAD_MS) return occurredAt;
    const epochMs = occurredAt.epochMs + driftMs;
    if (epochMs < YEAR_ZERO_MS) return occurredAt;
    return epochMs < receivedAtMs ? { epochMs, subMs: occurredAt.subMs } : { epochMs: receivedAtMs, subMs: '' };
  };
}
