import type { RedisConnections, RedisMemory } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';
import { trimHistoryScript } from '../routing/routing.scripts.js';

export interface HistoryLimits {
  readonly maxBytes: number;
  readonly maxAgeSeconds: number;
}

/** Of what Redis may use; the queue has three quarters, and what else is stored needs room as well. */
const SHARE_OF_MEMORY = 0.1;

/** History must never fill the memory that new events need: at most a tenth of what Redis may use, where that is bounded. */
export function affordableHistoryBytes({ boundBytes }: RedisMemory, wantedBytes: number): number {
  return boundBytes === 0 ? wantedBytes : Math.min(wantedBytes, Math.floor(boundBytes * SHARE_OF_MEMORY));
}

/** Above this share of Redis' memory what waits needs the room of what is settled. */
const SCARCE_MEMORY_FILL = 0.85;

/** Segments forgotten in one script run: a few milliseconds. */
const AT_MOST = 500;

/** Keeps settled segments for trace and replay, by bytes and age; the oldest go first. */
export class HistoryKeeper {
  constructor(
    private readonly redis: RedisConnections,
    private readonly limits: HistoryLimits,
  ) {}

  async trim(): Promise<void> {
    const sizes = await Promise.all(ALL_SHARDS.map((shard) => this.bytes(shard)));
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    const memory = await this.redis.memory();
    const affordable = memory.fill > SCARCE_MEMORY_FILL ? 0 : affordableHistoryBytes(memory, this.limits.maxBytes);
    const excess = Math.max(0, total - affordable);
    // Each shard gives up its part of what is too much.
    const shards = ALL_SHARDS.filter((shard) => (sizes[shard] ?? 0) > 0);
    await Promise.all(shards.map((shard) => this.trimShard(shard, Math.ceil((excess * (sizes[shard] ?? 0)) / total))));
  }

  private async bytes(shard: number): Promise<number> {
    return Number((await this.redis.shared.hget(shardKeys.counters(shard), 'hbytes')) ?? 0);
  }

  private async trimShard(shard: number, excess: number): Promise<void> {
    const keys = [
      shardKeys.counters(shard),
      shardKeys.history(shard),
      shardKeys.segments(shard),
      shardKeys.segment(shard, ''),
    ];
    const before = Date.now() - this.limits.maxAgeSeconds * 1_000;
    let left = excess;
    for (;;) {
      const reply = (await trimHistoryScript.run(this.redis.shared, keys, [left, before, AT_MOST])) as number[];
      const [count = 0, freed = 0] = reply;
      left = Math.max(0, left - freed);
      if (count < AT_MOST) return;
    }
  }
}
