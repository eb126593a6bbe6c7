import type { Log, Metrics, RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';
import { naturalBuckets } from './natural-keys.js';

/** Of what Redis may use; and so many bytes where that is not bounded. */
const SHARE_OF_MEMORY = 0.1;
const UNBOUNDED_BYTES = 1024 ** 3;
/** What Redis takes for a digest of nine bytes, written as text, in a set of many. */
const BYTES_PER_KEY = 71;
const LOOK_MS = 5_000;
/** Keys forgotten in one go: some milliseconds. */
const AT_ONCE = 10_000;

/**
 * Natural keys must never fill the memory that new events need: a thousand million events a day have as many. Where there
 * are too many, the oldest are forgotten before their 24 hours are over, and a later repeat of such an event is taken.
 */
export class NaturalKeyBound {
  private readonly forgotten: ReturnType<Metrics['counter']>;
  private nextLookAt = 0;

  constructor(
    private readonly redis: RedisConnections,
    metrics: Metrics,
    private readonly log: Log,
    private readonly unboundedBytes = UNBOUNDED_BYTES,
  ) {
    this.forgotten = metrics.counter(
      'gateway_natural_keys_forgotten_total',
      'Natural keys forgotten before their 24 hours were over, for want of memory.',
    );
  }

  /** Looks every few seconds, however often it is called. */
  async trim(): Promise<void> {
    const now = Date.now();
    if (now < this.nextLookAt) return;
    this.nextLookAt = now + LOOK_MS;
    const keys = naturalBuckets(now).flatMap((bucket) => ALL_SHARDS.map((shard) => shardKeys.natural(shard, bucket)));
    const counts = await Promise.all(keys.map((key) => this.redis.shared.scard(key)));
    const { boundBytes } = await this.redis.memory();
    const most = Math.floor((boundBytes === 0 ? this.unboundedBytes : boundBytes * SHARE_OF_MEMORY) / BYTES_PER_KEY);
    const excess = counts.reduce((sum, count) => sum + count, 0) - most;
    if (excess <= 0) return;
    let left = excess;
    // The oldest buckets come last.
    for (let i = keys.length - 1; i >= 0 && left > 0; i--) {
      const some = Math.min(left, counts[i] ?? 0);
      await this.forget(keys[i] ?? '', some);
      left -= some;
    }
    this.forgotten.inc(excess);
    this.log.warn({ keys: excess }, 'natural keys are forgotten early: Redis has no room for them');
  }

  private async forget(key: string, count: number): Promise<void> {
    for (let left = count; left > 0; left -= AT_ONCE) {
      await this.redis.shared.spop(key, Math.min(left, AT_ONCE));
    }
  }
}
