import { randomBytes } from 'node:crypto';
import type { Configuration } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import type { QueuedBudget } from '../intake/queued-budget.js';
import { destinationKeys, REPACK_LEASE_KEY, replayKeys } from '../keys.js';
import { timeOfSegment } from '../segment/segment-id.js';
import { holdLease } from '../work-lease.js';
import type { SegmentRepacker } from './segment-repacker.js';

const ROUND_MS = 2_000;
/** A round works no longer than this: what comes in and goes out is more urgent. */
const WORK_MS = 400;
/** One process at a time; the lease ends by itself. */
const LEASE_MS = 10_000;
/** While less of the budget is used there is room enough, and history stays whole. */
const FROM_SHARE_OF_BUDGET = 0.25;
const SEGMENTS_AT_ONCE = 100;
/** Segments remembered as looked at. */
const MAX_LOOKED_AT = 100_000;
/** After so many times the least age they are forgotten, and looked at again: their ledgers may be shorter by then. */
const FORGET_AFTER_AGES = 5;

/**
 * Keeps destinations that wait for long, and want little, from filling the budget with what everybody else has settled:
 * old segments are repacked to what is still waited for. What is taken out is lost to trace and replay, as when history
 * is full.
 */
export class Repacker {
  private readonly owner = randomBytes(8).toString('hex');
  private readonly cursors = new Map<string, string>();
  private readonly lookedAt = new Set<string>();
  private lookingSince = Date.now();
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<unknown> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly budget: QueuedBudget,
    private readonly segments: SegmentRepacker,
    private readonly log: Log,
    /** What is younger is probably on its way. */
    private readonly minAgeMs: number,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.working = this.round().finally(() => this.start());
    }, ROUND_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  /** Bytes freed. Never rejects. */
  async round(): Promise<number> {
    let freedBytes = 0;
    try {
      if (this.budget.queuedBytes < this.budget.maxBytes * FROM_SHARE_OF_BUDGET) return 0;
      // A replay may need what is taken out.
      if (
        (await this.redis.shared.zcard(replayKeys.active)) > 0 ||
        !(await holdLease(this.redis, REPACK_LEASE_KEY, this.owner, LEASE_MS))
      )
        return 0;
      this.forget();
      const deadline = Date.now() + WORK_MS;
      let waiting = [...this.configuration.destinations.keys()];
      while (waiting.length > 0 && Date.now() < deadline && !this.stopped) {
        for (const destinationId of waiting) {
          for (const segmentId of await this.openSegments(destinationId)) {
            if (this.stopped || Date.now() > deadline) break;
            this.lookedAt.add(segmentId);
            freedBytes += await this.segments.repack(segmentId);
          }
        }
        waiting = waiting.filter((destinationId) => this.cursors.get(destinationId) !== '0');
      }
      if (freedBytes > 0) this.log.info({ freedBytes }, 'segments repacked to what is waited for');
    } catch (error) {
      this.log.warn({ error: String(error) }, 'repacking stopped; the next round goes on');
    }
    return freedBytes;
  }

  private forget(): void {
    const isOld = Date.now() - this.lookingSince >= FORGET_AFTER_AGES * this.minAgeMs;
    if (!isOld && this.lookedAt.size <= MAX_LOOKED_AT) return;
    this.lookedAt.clear();
    this.lookingSince = Date.now();
  }

  /** Some of the segments that the destination has not settled, old ones that were not looked at yet. */
  private async openSegments(destinationId: string): Promise<readonly string[]> {
    const cursor = this.cursors.get(destinationId) ?? '0';
    const key = destinationKeys.open(destinationId);
    const [next, fields] = await this.redis.shared.hscan(key, cursor, 'COUNT', SEGMENTS_AT_ONCE);
    this.cursors.set(destinationId, next);
    const before = Date.now() - this.minAgeMs;
    return fields.filter(
      (segmentId, i) => i % 2 === 0 && !this.lookedAt.has(segmentId) && timeOfSegment(segmentId) < before,
    );
  }
}
