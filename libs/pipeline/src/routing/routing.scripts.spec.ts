import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { destinationKeys as key, shardKeys } from '../keys.js';
import { addPendingScript, claimScript, openLedgersScript } from './routing.scripts.js';

describe('adding to a destination', () => {
  let redis: RedisConnections;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
  });

  const add = (segmentId: string, maxQueuedBytes: number): Promise<unknown> => {
    const keys = [key.pending('crm'), key.seen('crm'), key.open('crm'), key.state('crm'), key.gone('crm')];
    const values = [Date.now() + 10_000, maxQueuedBytes, 1, segmentId, '0-9', 10, 500, 7];
    return addPendingScript.run(redis.shared, keys, values);
  };

  it('refuses for good what it refused for space: its events may be dead letters already', async () => {
    expect(await add('s1', 100)).toEqual([0, 0, 's1']);
    expect(await add('s1', 1_000)).toEqual([0, 0, 's1']);
    expect(await add('s2', 1_000)).toMatchObject([10, expect.any(Number)]);
    expect(await add('s2', 1_000)).toMatchObject([10, expect.any(Number)]);
    expect(await redis.shared.llen(key.pending('crm'))).toBe(1);
  });
});

describe('claiming a segment', () => {
  it('takes no heed of a lease that lasts longer than any: the clock was set back since', async () => {
    const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    await redis.shared.hset(shardKeys.segment(3, 's1'), 'h', 'header', 'q', '7');
    await redis.shared.zadd(shardKeys.unrouted(3), 7, 's1');
    const keys = [shardKeys.unrouted(3), shardKeys.claims(3), shardKeys.segment(3, '')];
    await redis.shared.zadd(shardKeys.claims(3), Date.now() + 3_600_000, 's1');
    expect(await claimScript.run(redis.shared, keys, [32, 10_000])).toHaveLength(6);
    expect(await claimScript.run(redis.shared, keys, [32, 10_000])).toHaveLength(1);
  });

  it('tells whether it was decided already who gets it: then nobody need find out again', async () => {
    const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    const [segment, ledger] = [shardKeys.segment(3, 's1'), shardKeys.ledger(3, 's1')];
    await redis.shared.hset(segment, 'h', 'header', 'q', '7');
    await redis.shared.zadd(shardKeys.unrouted(3), 7, 's1');
    const claim = (): Promise<unknown> =>
      claimScript.run(redis.shared, [shardKeys.unrouted(3), shardKeys.claims(3), shardKeys.segment(3, '')], [32, -1]);
    expect(await claim()).toEqual([expect.any(String), 's1', 'header', '7', '', 0]);
    await openLedgersScript.run(redis.shared, [segment, ledger], ['{"crm":"0-9"}', 1, 'crm']);
    expect(await claim()).toEqual([expect.any(String), 's1', 'header', '7', '', 1]);
    expect(await openLedgersScript.run(redis.shared, [segment, ledger], ['{}', 0])).toEqual([['{"crm":"0-9"}', 'crm']]);
  });
});
