import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { replayKeys } from '../keys.js';
import type { PutBackSegment, ReplayRecord } from './replay-record.js';
import { ReplayStore, type StoredReplay } from './replay.store.js';

describe('what a replay has put back', () => {
  let redis: RedisConnections;
  let store: ReplayStore;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    store = new ReplayStore(redis);
  });

  const record = (id: string, more: Partial<ReplayRecord> = {}): ReplayRecord => ({
    v: 1,
    id,
    order: { destinationId: 'crm', from: 'history', dryRun: false },
    state: 'running',
    createdAt: '2026-11-29T12:00:00.000Z',
    matched: 6,
    queued: 0,
    horizon: 1_790_000_000_000,
    cursor: {},
    segments: [],
    ...more,
  });

  const created = async (one: ReplayRecord): Promise<StoredReplay> => {
    const stored = await store.create(one);
    if (!stored) throw new Error('it was there already');
    return stored;
  };

  const noted = async (stored: StoredReplay, putBack: PutBackSegment): Promise<StoredReplay> => {
    const saved = await store.save(stored, { ...stored.record, queued: stored.record.queued + putBack[1] }, putBack);
    if (!saved) throw new Error('it was not saved');
    return saved;
  };

  it('is told the newest first, and once, however often it is noted', async () => {
    const first = await created(record('rpl_told'));
    // As an earlier release left it, whose process died before it wrote the record.
    await redis.shared.zadd(replayKeys.putBack('rpl_told'), 0, 'seg_a 4');
    const second = await noted(first, ['seg_a', 4]);
    const third = await noted(second, ['seg_b', 1]);
    const { record: last } = await noted(third, ['seg_c', 1]);
    expect(await store.putBackBy(last)).toEqual([
      ['seg_c', 1],
      ['seg_b', 1],
      ['seg_a', 4],
    ]);
    expect(await store.putBackBy(last, 2)).toEqual([
      ['seg_c', 1],
      ['seg_b', 1],
    ]);
  });

  it('goes on with what an earlier release has put back', async () => {
    const started = await created(
      record('rpl_earlier', {
        queued: 7,
        segments: [
          ['seg_older', 3],
          ['seg_old', 4],
        ],
      }),
    );
    const { record: last } = await noted(started, ['seg_new', 1]);
    const all = [
      ['seg_new', 1],
      ['seg_old', 4],
      ['seg_older', 3],
    ];
    expect(await store.putBackBy(last)).toEqual(all);
    expect(await store.putBackBy(last, 2)).toEqual(all.slice(0, 2));
  });

  it('is kept while the replay runs, and as long as its record once it is done', async () => {
    const key = replayKeys.putBack('rpl_kept');
    const first = await created(record('rpl_kept'));
    const second = await noted(first, ['seg_a', 6]);
    expect(await redis.shared.ttl(key)).toBe(-1);
    // A cancellation that came too late: the replay goes on.
    expect(await store.save(first, { ...first.record, state: 'cancelled' })).toBeUndefined();
    expect(await redis.shared.ttl(key)).toBe(-1);
    const third = await noted(second, ['seg_b', 6]);
    expect(await redis.shared.ttl(key)).toBe(-1);
    await store.save(third, { ...third.record, state: 'done' });
    expect(await redis.shared.ttl(key)).toBeGreaterThan(6 * 86_400);
  });

  it('is not kept for ever where the replay was cancelled while a chunk was put back', async () => {
    const key = replayKeys.putBack('rpl_cancelled');
    const running = await noted(await created(record('rpl_cancelled')), ['seg_a', 6]);
    await store.save(running, { ...running.record, state: 'cancelled' });
    expect(await store.save(running, { ...running.record, queued: 12 }, ['seg_b', 6])).toBeUndefined();
    expect(await redis.shared.ttl(key)).toBeGreaterThan(6 * 86_400);
    expect(await store.putBackBy(running.record)).toEqual([['seg_a', 6]]);
  });
});
