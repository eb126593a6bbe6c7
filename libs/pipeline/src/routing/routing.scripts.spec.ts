import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { destinationKeys as key } from '../keys.js';
import { addPendingScript } from './routing.scripts.js';

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
