import { append, buildPipeline, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';
import { destinationKeys } from '../keys.js';

describe('a sweep', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
  });

  it('sees to the other destinations where one cannot be looked at', async () => {
    const { redis, configuration, engine } = pipeline;
    const sink = await startSink();
    // More than are looked at together, the faulty one among the first.
    for (let n = 0; n < 60; n++) configuration.put(webhook(`d${n}`, sink));
    await redis.shared.set(destinationKeys.state('d0'), 'no hash');
    await redis.shared.hset(destinationKeys.state('d59'), 'dead', 1);
    await redis.shared.hset(destinationKeys.deadLetters('d59'), 'd59.evt_old', '{}');
    await redis.shared.zadd(destinationKeys.deadLetterOrder('d59'), 1, 'd59.evt_old');
    await engine.start();
    await until(async () => (await redis.shared.exists(destinationKeys.deadLetterOrder('d59'))) === 0, {
      what: 'what is too old to be forgotten',
    });
  });

  it('bounds the requests of all workers again where that was taken away with the queue', async () => {
    const { redis, configuration } = pipeline;
    const sink = await startSink();
    sink.replyWith(() => ({ status: 503, headers: { 'retry-after': '3600' } }));
    configuration.put(webhook('busy', sink, { match: { events: ['busy'] }, concurrency: 3 }));
    await append(pipeline, ['busy']);
    const meta = `${destinationKeys.queuePrefix('busy')}:deliver:meta`;
    const bound = (): Promise<string | null> => redis.shared.hget(meta, 'concurrency');
    await until(async () => (await bound()) === '3');
    await redis.shared.del(meta);
    await until(async () => (await bound()) === '3');
  });
});
