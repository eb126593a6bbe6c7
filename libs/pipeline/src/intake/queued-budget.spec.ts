import type { RedisConnections } from '#platform';
import { connectRedis, startRedis, until } from '../../../../test/support/index.js';
import { QueuedBudget } from './queued-budget.js';

const MIB = 1024 ** 2;

describe('the budget of what waits', () => {
  let redis: RedisConnections;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
  });

  const started = async (maxMemoryBytes: number, configuredBytes?: number): Promise<QueuedBudget> => {
    await redis.shared.config('SET', 'maxmemory', String(maxMemoryBytes));
    const budget = new QueuedBudget(redis, configuredBytes);
    await budget.start();
    return budget;
  };

  it.each([
    [0, undefined, 1_024 * MIB],
    [1_000 * MIB, undefined, 750 * MIB],
    [1_000 * MIB, 5 * MIB, 5 * MIB],
  ])('is, of %i bytes of memory and with %i configured, %i bytes', async (memory, configured, expected) => {
    const budget = await started(memory, configured);
    budget.stop();
    expect(budget.maxBytes).toBe(expected);
  });

  it('follows a bound that was far too small when the process started', async () => {
    const budget = await started(1);
    budget.report(0, 1_000);
    expect(budget.shedding()).toBe(true);
    await redis.shared.config('SET', 'maxmemory', String(1_000 * MIB));
    await until(() => !budget.shedding(), { what: 'shedding to end' });
    budget.stop();
    expect(budget.maxBytes).toBe(750 * MIB);
  });
});
