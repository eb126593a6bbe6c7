import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { DeadLetterBudget } from './dead-letter-budget.js';

const MIB = 1024 * 1024;

describe('the budget of dead letters', () => {
  let redis: RedisConnections;
  let budget: DeadLetterBudget;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
  });

  const boundedBy = async (maxMemoryBytes: number): Promise<void> => {
    await redis.shared.config('SET', 'maxmemory', String(maxMemoryBytes));
    budget = new DeadLetterBudget(redis);
    await budget.askBound();
  };

  it('is 256 MiB for each destination where Redis has no bound', async () => {
    await boundedBy(0);
    budget.note('a', 200 * MIB);
    expect(budget.allowance('a')).toBe(256 * MIB);
    expect(budget.allowance('b')).toBe(256 * MIB);
  });

  it('is a tenth of what Redis may use, for all together', async () => {
    await boundedBy(1000 * MIB);
    budget.note('a', 0);
    expect(budget.allowance('a')).toBe(100 * MIB);
  });

  it('is asked for again: a bound that was far too small holds nobody for good', async () => {
    await boundedBy(1);
    budget.note('a', 0);
    expect(budget.isFull('a')).toBe(true);
    await redis.shared.config('SET', 'maxmemory', String(1000 * MIB));
    await budget.askBound();
    expect(budget.isFull('a')).toBe(false);
    expect(budget.allowance('a')).toBe(100 * MIB);
  });

  it('leaves everybody an equal part when one has taken all', async () => {
    await boundedBy(1000 * MIB);
    budget.note('greedy', 100 * MIB);
    for (const id of ['b', 'c', 'd']) budget.note(id, 0);
    expect(budget.isFull('greedy')).toBe(true);
    expect(budget.allowance('b')).toBe(25 * MIB);
    expect(budget.isFull('b')).toBe(false);
    budget.note('b', 25 * MIB);
    expect(budget.isFull('b')).toBe(true);
  });

  it('gives back what dead letters that left took', async () => {
    await boundedBy(1000 * MIB);
    budget.note('a', 100 * MIB);
    budget.note('b', 0);
    budget.note('a', 10 * MIB);
    expect(budget.allowance('b')).toBe(90 * MIB);
    budget.keepOnly(new Map([['b', true]]));
    expect(budget.allowance('b')).toBe(100 * MIB);
  });
});
