import type { Destination } from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';
import { markOf } from './asks-another.js';
import { admitScript } from './delivery.scripts.js';
import { probeTimes } from './probe-times.js';

/** Whether a request may go out now, and the batch as it stands. */
export interface Admission {
  readonly verdict: 'go' | 'probe' | 'hold' | 'early' | 'gone';
  readonly waitMs: number;
  /** Why it holds, or why the breaker is open. */
  readonly reason: string;
  readonly revision: number;
  readonly record: string;
  /** Single events refused in a row. */
  readonly refusals: number;
}

/**
 * Takes one request from the destination's limits, shared by all workers. With as many bytes of dead letters as given it
 * is held.
 */
export async function admit(
  redis: RedisConnections,
  destination: Destination,
  batchId: string,
  deadLetterMaxBytes: number,
): Promise<Admission> {
  const { id, rateLimit } = destination;
  const keys = [destinationKeys.state(id), destinationKeys.batch(id, batchId)];
  rateLimit.forEach((_, window) => keys.push(destinationKeys.rate(id, window)));
  const { probeMs, laterMs } = probeTimes(destination.retry);
  const values = [
    destination.paused ?? '',
    probeMs,
    deadLetterMaxBytes,
    Date.parse(destination.updatedAt),
    markOf(destination),
    laterMs,
    ...rateLimit.flatMap(({ requests, perSeconds }) => [requests, Math.ceil(perSeconds * 1_000)]),
  ];
  const reply = (await admitScript.run(redis.shared, keys, values)) as (string | number)[];
  const [verdict, waitMs = 0, reason = '', revision = 0, record = '', refusals = 0] = reply;
  return {
    verdict: verdict as Admission['verdict'],
    waitMs: Number(waitMs),
    reason: String(reason),
    revision: Number(revision),
    record: String(record),
    refusals: Number(refusals),
  };
}
