import { append, buildPipeline, ids, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';
import { destinationKeys, replayKeys, shardOfSource } from '../keys.js';
import { newSegmentId } from '../segment/segment-id.js';

describe('a replay of dead letters that was interrupted', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    await pipeline.engine.start();
  });

  it('leaves alone what was refused again before it went on', async () => {
    const { redis, operations, replays, configuration } = pipeline;
    const sink = await startSink({ reply: () => ({ status: 422 }) });
    configuration.put(webhook('picky', sink));
    const [first = '', second = ''] = ids(await append(pipeline, ['a', 'b']), 2).map((id) => `picky.${id}`);
    await until(async () => (await operations.stats('picky')).deadLettered === 2);
    const order = destinationKeys.deadLetterOrder('picky');
    const parkedUntil = Number(await redis.shared.zscore(order, first));
    // As its process left it: both were put back, and the second has been refused again since.
    const id = 'rpl_interrupted';
    const segmentId = newSegmentId(shardOfSource(id), Date.now());
    await redis.shared.set(replayKeys.mark(shardOfSource(id), segmentId), '1');
    await redis.shared.zadd(order, parkedUntil + 1, second);
    const record = {
      v: 1,
      id,
      order: { destinationId: 'picky', from: 'dead-letters', dryRun: false },
      state: 'running',
      createdAt: new Date().toISOString(),
      matched: 2,
      queued: 0,
      horizon: parkedUntil,
      cursor: {},
      pending: { segmentId, deadLetterIds: [first, second], parkedUntil, events: 2, cursor: {} },
      segments: [],
    };
    await redis.shared.hset(replayKeys.records, id, JSON.stringify(record));
    await redis.shared.zadd(replayKeys.active, Date.now(), id);
    await until(async () => (await replays.find(id))?.state === 'done');
    expect(await redis.shared.zrange(order, 0, '-1')).toEqual([second]);
    expect(await operations.stats('picky')).toMatchObject({ deadLettered: 1 });
  });
});
