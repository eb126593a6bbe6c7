import { jest } from '@jest/globals';
import { append, buildPipeline, webhook } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';
import { destinationKeys, shardKeys, shardOfSource } from '../keys.js';

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

  it('keeps what was decided for a destination that this process cannot read, and goes on with the others', async () => {
    const pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    const { redis, configuration, operations, ledger, budget } = pipeline;
    const sink = await startSink();
    const shard = shardOfSource('app');
    configuration.put(webhook('crm', sink));
    configuration.unreadableDestinations = new Set(['far']);
    await append(pipeline, ['order']);
    const [segmentId = ''] = await redis.shared.zrange(shardKeys.unrouted(shard), 0, '-1');
    const by = new Map([
      ['crm', '0-0'],
      ['far', '0-0'],
    ]);
    await ledger.open(shard, [{ segmentId, by }]);
    await pipeline.engine.start();
    await until(async () => (await operations.stats('crm')).delivered === 1);
    await append(pipeline, ['later']);
    await until(async () => (await operations.stats('crm')).delivered === 2);
    expect(await redis.shared.zrange(shardKeys.unrouted(shard), 0, '-1')).toEqual([segmentId]);
    // Its lease lasts: it was tried once meanwhile. So counted, it holds up nobody who keeps users' order.
    expect(await redis.shared.hget(shardKeys.segment(shard, segmentId), 'u')).toBe('1');
    configuration.unreadableDestinations = new Set();
    configuration.put(webhook('far', sink, { match: { events: ['other'] } }));
    await until(async () => (await operations.stats('far')).delivered === 1, { timeoutMs: 20_000 });
    await until(() => budget.queuedBytes === 0);
    expect(await operations.stats('crm')).toMatchObject({ delivered: 2 });
  });

  it('hears of a destination that was decided on before it takes it for deleted', async () => {
    const pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    const { redis, configuration, operations, ledger } = pipeline;
    const shard = shardOfSource('app');
    const late = webhook('late', await startSink());
    await append(pipeline, ['order']);
    const [segmentId = ''] = await redis.shared.zrange(shardKeys.unrouted(shard), 0, '-1');
    await ledger.open(shard, [{ segmentId, by: new Map([['late', '0-0']]) }]);
    jest
      .spyOn(configuration, 'refresh')
      .mockRejectedValueOnce(new Error('the store does not answer'))
      .mockImplementation(() => Promise.resolve(configuration.put(late)));
    await pipeline.engine.start();
    await until(async () => (await operations.stats('late')).delivered === 1, { timeoutMs: 20_000 });
  });

  it('has what waits to be judged on the replicas before the segment counts as routed', async () => {
    const pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    const { redis, configuration, operations } = pipeline;
    const shard = shardOfSource('app');
    configuration.put(webhook('crm', await startSink(), { match: { where: { $unheardOf: 1 } } }));
    const key = destinationKeys.unjudged('crm');
    let hasReplica = false;
    const replicated = jest.spyOn(redis, 'replicated').mockImplementation((_, written) => {
      if (written === key && !hasReplica) return Promise.reject(new Error('no replica has the write'));
      return Promise.resolve();
    });
    await append(pipeline, ['order']);
    await pipeline.engine.start();
    await until(() => replicated.mock.calls.some(([, written]) => written === key));
    await until(async () => (await operations.stats('crm')).waiting === 1);
    expect(await redis.shared.zcard(shardKeys.unrouted(shard))).toBe(1);
    hasReplica = true;
    await until(async () => (await redis.shared.zcard(shardKeys.unrouted(shard))) === 0, { timeoutMs: 20_000 });
    expect(await operations.stats('crm')).toMatchObject({ waiting: 1 });
  });
});
