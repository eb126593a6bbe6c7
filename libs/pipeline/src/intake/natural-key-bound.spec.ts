import { createLog, Metrics, type RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { shardKeys } from '../keys.js';
import { NaturalKeyBound } from './natural-key-bound.js';
import { naturalBuckets } from './natural-keys.js';

describe('natural keys', () => {
  let redis: RedisConnections;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis({ appendonly: 'no' })).socketPath });
  });

  beforeEach(async () => {
    await redis.shared.flushall();
    await redis.shared.config('SET', 'maxmemory', '0');
  });

  const [newest = 0, older = 0, , , , , oldest = 0] = naturalBuckets(Date.now());
  const remember = (shard: number, bucket: number, count: number): Promise<unknown> =>
    redis.shared.sadd(
      shardKeys.natural(shard, bucket),
      Array.from({ length: count }, (_, n) => `key-${n}`),
    );
  const counts = (): Promise<number[]> =>
    Promise.all(
      [oldest, older, newest].flatMap((bucket) =>
        [2, 5].map((shard) => redis.shared.scard(shardKeys.natural(shard, bucket))),
      ),
    );

  const trim = async (unboundedKeys: number): Promise<string> => {
    const metrics = new Metrics();
    const log = createLog({ level: 'silent', pretty: false });
    await new NaturalKeyBound(redis, metrics, log, unboundedKeys * 71).trim();
    return /^gateway_natural_keys_forgotten_total (\d+)/m.exec(await metrics.text())?.[1] ?? '';
  };

  it('stay as long as they fit', async () => {
    await remember(2, oldest, 100);
    await remember(5, newest, 100);
    expect(await trim(200)).toBe('0');
    expect(await counts()).toEqual([100, 0, 0, 0, 0, 100]);
  });

  it('go by age where they do not, whatever shard they are on', async () => {
    for (const bucket of [oldest, older, newest]) for (const shard of [2, 5]) await remember(shard, bucket, 12_000);
    expect(await trim(40_000)).toBe('32000');
    const [old = 0, alsoOld = 0, ...younger] = await counts();
    expect([old, alsoOld]).toEqual([0, 0]);
    expect(younger.slice(0, 2).sort()).toEqual([12_000, 4_000]);
    expect(younger.slice(2)).toEqual([12_000, 12_000]);
  });

  it('take a tenth of what Redis may use', async () => {
    await remember(2, newest, 100_000);
    await redis.shared.config('SET', 'maxmemory', String(50 * 1024 ** 2));
    await trim(1_000_000);
    expect((await counts()).at(-2)).toBe(Math.floor((50 * 1024 ** 2) / 10 / 71));
  });
});
