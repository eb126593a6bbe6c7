import { createLog, type RedisConnections } from '#platform';
import { connectRedis, startRedis, until } from '../../../../test/support/index.js';
import { RejectionList, type RejectionQuery } from './rejection-list.js';
import { RejectionStore, type RejectedRequest } from './rejection-store.js';

const rejected = (n: number, note = ''): RejectedRequest => ({
  requestId: `req_${n}`,
  sourceId: `s-${n % 20}`,
  dialect: 'flokit',
  route: 'batch',
  at: Date.now(),
  status: 200,
  items: [0, 1].map((index) => ({ index, code: 'invalid', detail: 'event: missing', item: { note } })),
});

describe('what was refused at the door', () => {
  const REQUESTS = 3_000;
  const pulse = { healthy: true };
  let redis: RedisConnections;
  let store: RejectionStore;
  let list: RejectionList;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    store = new RejectionStore(redis, pulse, createLog({ level: 'silent', pretty: false }));
    list = new RejectionList(redis, store);
    for (let n = 0; n < REQUESTS; n++) {
      store.record(rejected(n));
      if (n % 500 === 499) await store.flush();
    }
  });

  const all = async (query: Omit<RejectionQuery, 'after'>): Promise<string[]> => {
    const found: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const { items, next } = await list.page({ ...query, ...(after === '' ? {} : { after }) });
      found.push(...items.map(({ request, item }) => `${request.requestId}/${item.index}`));
      after = next;
    }
    return found;
  };

  it('is listed to the last item, each once and the newest first', async () => {
    const found = await all({ limit: 250 });
    expect(found).toHaveLength(2 * REQUESTS);
    expect(new Set(found).size).toBe(2 * REQUESTS);
    const rounds = found.map((name) => Math.floor(Number(/\d+/.exec(name)) / 500));
    expect(rounds).toEqual(rounds.toSorted((a, b) => b - a));
  });

  it('is found by its request and by its source, however old it is', async () => {
    expect(await all({ limit: 1, requestId: 'req_7' })).toEqual(['req_7/0', 'req_7/1']);
    expect(await all({ limit: 99, sourceId: 's-3' })).toHaveLength((2 * REQUESTS) / 20);
    expect(await all({ limit: 99, sourceId: 's-3', requestId: 'req_7' })).toEqual([]);
  });

  it.each(['', 'x', '1.2.3', '1.2.3.4.5', '-1.0.0.0'])('is not listed behind %j', async (after) => {
    await expect(list.page({ limit: 1, after })).rejects.toThrow('nextCursor');
  });

  it('is looked through once where its items share a large part', () => {
    let looks = 0;
    const profile = new Proxy(
      { traits: Array.from({ length: 20_000 }, (_, i) => i) },
      { ownKeys: (target) => (looks++, Reflect.ownKeys(target)) },
    );
    const items = Array.from({ length: 100 }, (_, index) => ({
      index,
      code: 'c',
      detail: 'd',
      item: { profile, index },
    }));
    store.record({ ...rejected(0), items });
    expect(looks).toBe(1);
  });

  it('keeps no process from its end while Redis is away', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    pulse.healthy = false;
    store.record(rejected(REQUESTS));
    await store.flush();
    expect(timers()).toBe(before);
  });

  it('is neither written nor heaped up while Redis is away', async () => {
    pulse.healthy = false;
    const note = 'x'.repeat(16_000);
    for (let n = 0; n < 2_000; n++) store.record(rejected(REQUESTS + n, note));
    await store.flush();
    expect(await all({ limit: 1, requestId: `req_${REQUESTS}` })).toEqual([]);
    pulse.healthy = true;
    await until(async () => (await all({ limit: 1, requestId: `req_${REQUESTS + 100}` })).length === 2);
    expect(await all({ limit: 1, requestId: `req_${REQUESTS + 300}` })).toEqual([]);
  });
});
