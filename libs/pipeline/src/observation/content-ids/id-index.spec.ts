import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../../test/support/index.js';
import { shardKeys } from '../../keys.js';
import { newSegmentId } from '../../segment/segment-id.js';
import { IdIndex } from './id-index.js';

const SHARD = 7;
const idOf = (n: number): string =>
  `evt_${(n * 7_919_777_777).toString(36).padStart(9, '0').split('').reverse().join('')}00000000000`;

describe('the index of content ids', () => {
  let redis: RedisConnections;
  let index: IdIndex;

  beforeAll(async () => {
    const server = await startRedis();
    redis = await connectRedis({ socketPath: server.socketPath });
    index = new IdIndex(redis);
  });

  it('knows the segments of fifty thousand events, over several pages, and nothing else', async () => {
    const segmentOf = new Map<string, string>();
    let sequence = 0;
    for (let part = 0; part < 100; part++) {
      const entries = Array.from({ length: 5 }, (_, s) => ({
        segmentId: newSegmentId(SHARD, 1_790_000_000_000 + sequence),
        ids: Array.from({ length: 100 }, (_unused, n) => idOf(sequence + s * 100 + n)),
      }));
      for (const { segmentId, ids } of entries) {
        for (const id of ids) segmentOf.set(id, segmentId);
        await redis.shared.zadd(shardKeys.segments(SHARD), sequence, segmentId);
      }
      expect(await index.add(SHARD, sequence, sequence + 500, entries)).toBe(true);
      sequence += 500;
    }
    expect(await redis.shared.zcard(shardKeys.idPages(SHARD))).toBe(5);
    for (const n of [0, 1, 99, 100, 777, 10_000, 25_123, 49_998, 49_999]) {
      expect(await index.search(SHARD, idOf(n))).toContain(segmentOf.get(idOf(n)));
    }
    expect(await index.search(SHARD, 'evt_zzzzzzzzzzzzzzzzzzzz')).toEqual([]);
    expect(await index.search(SHARD + 1, idOf(1))).toEqual([]);
  });

  it('takes nothing from who comes too late', async () => {
    const entries = [{ segmentId: newSegmentId(SHARD, 1_790_000_000_000), ids: ['evt_latelatelatelatelate'] }];
    expect(await index.add(SHARD, 49_500, 50_000, entries)).toBe(false);
    expect(await index.search(SHARD, 'evt_latelatelatelatelate')).toEqual([]);
    expect((await index.progress(SHARD)).indexed).toBe(50_000);
  });

  it('forgets the pages whose segments are gone', async () => {
    await redis.shared.zremrangebyscore(shardKeys.segments(SHARD), '-inf', 30_000);
    expect(await index.add(SHARD, 50_000, 50_001, [])).toBe(true);
    expect(await redis.shared.zcard(shardKeys.idPages(SHARD))).toBeLessThan(5);
    expect(await index.search(SHARD, idOf(1))).toEqual([]);
    expect(await index.search(SHARD, idOf(49_999))).toHaveLength(1);
    await redis.shared.del(shardKeys.segments(SHARD));
    expect(await index.add(SHARD, 50_001, 50_002, [])).toBe(true);
    expect(await redis.shared.keys('gw:{s7}:ids:*')).toEqual([]);
  });
});
