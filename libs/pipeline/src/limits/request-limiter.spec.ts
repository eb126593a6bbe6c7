import { jest } from '@jest/globals';
import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { LeasedRequestLimiter } from './request-limiter.js';

describe('the limit of a source', () => {
  let redis: RedisConnections;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
  });

  const windows = [
    { requests: 100, perSeconds: 60 },
    { requests: 1_000, perSeconds: 3_600 },
  ];

  it('is given out to a burst to the last request, and no further', async () => {
    const limiter = new LeasedRequestLimiter(redis);
    const verdicts = await Promise.all(
      Array.from({ length: 140 }, async () => limiter.take('src-1', 'batch', windows)),
    );
    expect(verdicts.filter(({ kind }) => kind === 'allowed')).toHaveLength(100);
  });

  it('has a timer between start and stop only', () => {
    jest.useFakeTimers();
    try {
      const limiter = new LeasedRequestLimiter(redis);
      expect(jest.getTimerCount()).toBe(0);
      limiter.start();
      expect(jest.getTimerCount()).toBe(1);
      limiter.stop();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('holds over two processes that are asked at once', async () => {
    const limiters = [new LeasedRequestLimiter(redis), new LeasedRequestLimiter(redis)];
    const asked = limiters.flatMap((limiter) =>
      Array.from({ length: 140 }, async () => limiter.take('src-2', 'batch', windows)),
    );
    const verdicts = await Promise.all(asked);
    expect(verdicts.filter(({ kind }) => kind === 'allowed')).toHaveLength(100);
  });
});
