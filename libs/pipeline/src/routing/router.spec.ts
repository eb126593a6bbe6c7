import { append, buildPipeline, webhook } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';
import { shardKeys, shardOfSource } from '../keys.js';

describe('routing', () => {
  it('goes on with the others where a segment was written by a later release', async () => {
    const pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    const { redis, configuration, operations } = pipeline;
    const shard = shardOfSource('app');
    const later = '0mx43vs5k0zzzzzzz';
    await redis.shared.hset(shardKeys.segment(shard, later), 'h', '{"v":99}', 'b', '', 'q', '0', 'z', '1');
    await redis.shared.zadd(shardKeys.unrouted(shard), -1, later);
    const sink = await startSink();
    configuration.put(webhook('crm', sink));
    await append(pipeline, ['order']);
    await pipeline.engine.start();
    await until(async () => (await operations.stats('crm')).delivered === 1);
    expect(await redis.shared.zrange(shardKeys.unrouted(shard), 0, '-1')).toEqual([later]);
  });
});
