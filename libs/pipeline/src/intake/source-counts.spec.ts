import { createLog } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { shardKeys, shardOfSource } from '../keys.js';
import type { IntakeRequest } from './append-request.js';
import { SourceCounts } from './source-counts.js';

describe('how much a source has sent', () => {
  it('is added later where Redis does not take it now', async () => {
    const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    const counts = new SourceCounts(redis, createLog({ level: 'silent', pretty: false }));
    const request = { sourceId: 'app', checked: { total: 5, rejected: [1] } } as unknown as IntakeRequest;
    const key = shardKeys.counters(shardOfSource('app'));
    await redis.shared.set(key, 'not a hash');
    counts.add([request]);
    await counts.stop();
    await redis.shared.del(key);
    counts.add([request]);
    await counts.stop();
    expect(await redis.shared.hget(key, 'from:app')).toBe('8');
  });
});
