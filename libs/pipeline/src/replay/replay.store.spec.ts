import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { replayKeys } from '../keys.js';
import type { ReplayRecord } from './replay-record.js';
import { ReplayStore } from './replay.store.js';

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

  it('is told the newest first, and once, however often it is noted', async () => {
    const first = record('rpl_told');
    await store.notePutBack(first, ['seg_a', 4]);
    await store.notePutBack(first, ['seg_a', 4]);
    const second = { ...first, queued: 4 };
    await store.notePutBack(second, ['seg_b', 1]);
    await store.notePutBack({ ...first, queued: 5 }, ['seg_c', 1]);
    expect(await store.putBackBy(second)).toEqual([
      ['seg_c', 1],
      ['seg_b', 1],
      ['seg_a', 4],
    ]);
    expect(await store.putBackBy(second, 2)).toEqual([
      ['seg_c', 1],
      ['seg_b', 1],
    ]);
  });

  it('goes on with what an earlier release has put back', async () => {
    const started = record('rpl_earlier', {
      queued: 7,
      segments: [
        ['seg_older', 3],
        ['seg_old', 4],
      ],
    });
    await store.notePutBack(started, ['seg_new', 1]);
    const all = [
      ['seg_new', 1],
      ['seg_old', 4],
      ['seg_older', 3],
    ];
    expect(await store.putBackBy(started)).toEqual(all);
    expect(await store.putBackBy(started, 2)).toEqual(all.slice(0, 2));
  });

  it('is kept while the replay runs, and as long as its record once it is done', async () => {
    const key = replayKeys.putBack('rpl_kept');
    let stored = await store.create(record('rpl_kept'));
    if (!stored) throw new Error('it was there already');
    await store.notePutBack(stored.record, ['seg_a', 6]);
    const other = stored;
    stored = await store.save(stored, { ...stored.record, queued: 6 });
    expect(await redis.shared.ttl(key)).toBe(-1);
    // A cancellation that came too late: the replay goes on.
    expect(await store.save(other, { ...other.record, state: 'cancelled' })).toBeUndefined();
    if (!stored) throw new Error('it was not saved');
    await store.notePutBack(stored.record, ['seg_b', 6]);
    expect(await redis.shared.ttl(key)).toBe(-1);
    await store.save(stored, { ...stored.record, state: 'done' });
    expect(await redis.shared.ttl(key)).toBeGreaterThan(6 * 86_400);
  });
});
