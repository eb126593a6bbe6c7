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
      this.count(sourceId, checked.total - checked.rejected.length);
    }
  }

  private count(sourceId: string, events: number): void {
    this.counted.set(sourceId, (this.counted.get(sourceId) ?? 0) + events);
  }

  private async flush(): Promise<void> {
    const flushed = this.counted;
    this.counted = new Map();
    const additions = [...flushed].map(([sourceId, events]) =>
      this.redis.shared.hincrby(shardKeys.counters(shardOfSource(sourceId)), `from:${sourceId}`, events),
    );
    const results = await Promise.allSettled(additions);
    const failed = [...flushed].filter((_, i) => results[i]?.status === 'rejected');
    for (const [sourceId, events] of failed) this.count(sourceId, events);
    if (failed.length > 0) this.log.debug({ sources: failed.length }, 'counts of sources are added later');
  }
}
