import { startRedis } from './redis.js';

describe("a test's Redis", () => {
  it('that cannot have its port says so, instead of being waited for', async () => {
    const first = await startRedis();
    await expect(startRedis({ port: String(first.port) })).rejects.toThrow('Address already in use');
  });
});
