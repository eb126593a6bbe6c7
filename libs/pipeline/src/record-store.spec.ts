import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../test/support/index.js';
import { RecordStore } from './record-store.js';

interface Item {
  readonly id: string;
  readonly createdAt: string;
  readonly done: boolean;
  readonly keptMs?: number;
}

describe('records of long work', () => {
  let redis: RedisConnections;
  let store: RecordStore<Item>;
  const createdAt = new Date().toISOString();

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    const keys = { records: 'r', active: 'a', expiring: 'e', lease: (id: string) => `l:${id}` };
    store = new RecordStore(
      redis,
      keys,
      (text) => JSON.parse(text) as Item,
      ({ done }) => !done,
      ({ keptMs }) => keptMs,
    );
  });

  it('are forgotten once they are done and their time is over, with the next that is written', async () => {
    await store.create({ id: 'short', createdAt, done: true, keptMs: -1 });
    const running = await store.create({ id: 'running', createdAt, done: false, keptMs: -1 });
    await store.create({ id: 'kept', createdAt, done: true });
    await store.create({ id: 'long', createdAt, done: true, keptMs: 60_000 });
    expect((await store.ids()).sort()).toEqual(['kept', 'long', 'running']);
    if (running) await store.save(running, { ...running.record, done: true });
    expect((await store.ids()).sort()).toEqual(['kept', 'long']);
    expect(await redis.shared.zcard('a')).toBe(0);
  });

  it('are worked on by one at a time, for as long as it says so', async () => {
    expect(await store.lease('x', 'one', 60_000)).toBe(true);
    expect(await store.lease('x', 'other', 60_000)).toBe(false);
    expect(await store.lease('x', 'one', 1)).toBe(true);
    while (!(await store.lease('x', 'other', 60_000)));
    expect(await store.lease('x', 'one', 60_000)).toBe(false);
  });
});
