import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, RedisConnections } from '#platform';
import { shardKeys, shardOfSource } from '../keys.js';
import type { IntakeRequest } from './append-request.js';

const FLUSH_MS = 1_000;
/** A Redis that is away does not hold up the end. */
const LAST_FLUSH_MS = 500;

/**
 * How much each source has sent, for people to look at: counted in memory and added to Redis once a second, so that no
 * request waits for it. A process that dies takes its last second's counts along, never an event.
 */
export class SourceCounts {
  private counted = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: RedisConnections,
    private readonly log: Log,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([this.flush(), sleep(LAST_FLUSH_MS, undefined, { ref: false })]);
  }

  add(requests: readonly IntakeRequest[]): void {
    for (const { sourceId, checked } of requests) {
      const accepted = checked.total - checked.rejected.length;
      this.counted.set(sourceId, (this.counted.get(sourceId) ?? 0) + accepted);
    }
  }

  private async flush(): Promise<void> {
    const flushed = this.counted;
    this.counted = new Map();
    const additions = [...flushed].map(([sourceId, events]) =>
      this.redis.shared.hincrby(shardKeys.counters(shardOfSource(sourceId)), `from:${sourceId}`, events),
    );
    const results = await Promise.allSettled(additions);
    const failed = results.filter(({ status }) => status === 'rejected');
    if (failed.length > 0) this.log.debug({ sources: failed.length }, 'counts of sources could not be added');
  }
}
