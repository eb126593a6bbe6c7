import { randomBytes } from 'node:crypto';
import { append, buildPipeline, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';
import { ALL_SHARDS, shardKeys } from '../keys.js';

const MIB = 1024 ** 2;

describe('the history', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    await pipeline.engine.start();
    pipeline.configuration.put(webhook('all', await startSink()));
  });

  const historyBytes = async (): Promise<number> => {
    const keys = ALL_SHARDS.map((shard) => shardKeys.counters(shard));
    const sizes = await Promise.all(keys.map((key) => pipeline.redis.shared.hget(key, 'hbytes')));
    return sizes.reduce((sum, bytes) => sum + Number(bytes ?? 0), 0);
  };

  const boundedBy = (bytes: number): Promise<unknown> =>
    pipeline.redis.shared.config('SET', 'maxmemory', String(bytes));

  /** Segments of 100 KB that no compression makes smaller. */
  const deliver = async (segments: number): Promise<void> => {
    for (let i = 0; i < segments; i++) {
      await append(pipeline, [randomBytes(75_000).toString('base64')]);
    }
  };

  it('takes at most a tenth of what Redis may use, by the bound of the moment', async () => {
    await deliver(15);
    await until(async () => (await historyBytes()) > MIB, { what: 'more than a tenth to be settled' });
    await boundedBy(10 * MIB);
    await until(async () => (await historyBytes()) <= MIB, { what: 'the history to give way' });
    await boundedBy(0);
    await deliver(10);
    await until(async () => (await historyBytes()) > 1.5 * MIB, { what: 'the history to grow again' });
  });
});
