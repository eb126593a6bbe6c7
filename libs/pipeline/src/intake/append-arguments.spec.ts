import { idempotencyKey } from './append-arguments.js';

describe("an idempotency key's name in Redis", () => {
  it.each([
    ['flokit.batch:night-sync-0412', 'gw:{s3}:idem:bm3qljH_qpO7eIf2WL1oO6En'],
    [`flokit.batch:${'k'.repeat(15_000)}`, 'gw:{s3}:idem:lP-k4ixcok7DkPXU1bVuA9Ko'],
  ])('is as short for a long key as for a short one, and stays what it was', (key, expected) => {
    expect(idempotencyKey(3, { sourceId: 'src-1', idempotency: { key } })).toBe(expected);
  });
});
