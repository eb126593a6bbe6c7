import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { shardKeys } from '../keys.js';
import { Ledger } from './ledger.js';

const SHARD = 3;

describe('the ledgers of a shard', () => {
  let redis: RedisConnections;
  let ledger: Ledger;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    ledger = new Ledger(redis, () => undefined);
  });

  const wanted = (segmentId: string, ...destinations: readonly string[]) => ({
    segmentId,
    by: new Map(destinations.map((id) => [id, `0-${id.length}`])),
  });
  const store = async (...segmentIds: readonly string[]): Promise<void> => {
    for (const id of segmentIds) await redis.shared.hset(shardKeys.segment(SHARD, id), 'h', '{}');
  };
  const opened = async (...segments: ReturnType<typeof wanted>[]) =>
    (await ledger.open(SHARD, segments)).map((open) =>
      open.map(([id, { ranges }]) => `${id} ${ranges}`).sort((a, b) => a.localeCompare(b)),
    );

  it('are opened together, each for its own destinations', async () => {
    await store('a', 'b', 'c');
    expect(await opened(wanted('a', 'crm', 'lake'), wanted('b'), wanted('c', 'crm'))).toEqual([
      ['crm 0-3', 'lake 0-4'],
      [],
      ['crm 0-3'],
    ]);
    const ledgers = ['a', 'b', 'c'].map((id) => redis.shared.scard(shardKeys.ledger(SHARD, id)));
    expect(await Promise.all(ledgers)).toEqual([2, 0, 1]);
  });

  it('keep their first decision, less those that have settled', async () => {
    await store('d');
    await opened(wanted('d', 'crm', 'lake'));
    await redis.shared.srem(shardKeys.ledger(SHARD, 'd'), 'crm');
    expect(await opened(wanted('d', 'other'))).toEqual([['lake 0-4']]);
  });

  it('are nobody’s where the segment is gone', async () => {
    await store('e');
    expect(await opened(wanted('missing', 'crm'), wanted('e', 'crm'))).toEqual([[], ['crm 0-3']]);
    expect(await redis.shared.exists(shardKeys.ledger(SHARD, 'missing'))).toBe(0);
  });

  it('are opened in several runs where there are many destinations, in their order', async () => {
    const ids = ['f', 'g', 'h', 'i'];
    await store(...ids);
    const many = ids.map((id, n) =>
      wanted(id, ...Array.from({ length: 150 * n + 1 }, (_, i) => `${id}${String(i).padStart(3, '0')}`)),
    );
    const result = await ledger.open(SHARD, many);
    expect(result.map((open) => open.length)).toEqual([1, 151, 301, 451]);
    expect(result.map((open) => open.every(([id]) => ids.includes(id[0] ?? '')))).toEqual([true, true, true, true]);
    expect(result.map(([first]) => first?.[0][0])).toEqual(ids);
  });
});
