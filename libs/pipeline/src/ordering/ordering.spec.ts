import type { CanonicalEvent } from '#canonical';
import type { Destination } from '#control-plane';
import { append, buildPipeline, ids, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import {
  startRedis,
  startRedisCluster,
  startSink,
  until,
  type Sink,
  type SinkRequest,
} from '../../../../test/support/index.js';
import { DestinationStandings } from '../metrics/destination-standings.js';
import { destinationTag, shardKeys, shardOfSource } from '../keys.js';

const ordered = (id: string, sink: Sink, more: Partial<Destination> = {}): Destination =>
  webhook(id, sink, { ordering: 'per_user', match: { events: [id] }, ...more });

const eventsOf = ({ body }: SinkRequest): CanonicalEvent[] => (JSON.parse(body) as { events: CanonicalEvent[] }).events;

const idsAt = (sink: Sink, id: string): string[] =>
  sink.requests.filter(({ url }) => url === `/${id}`).flatMap((request) => eventsOf(request).map((event) => event.id));

describe.each([
  ['one server', async () => ({ socketPath: (await startRedis()).socketPath })],
  ['a cluster of three masters', async () => ({ url: (await startRedisCluster()).url })],
])("users' order on %s", (_, address) => {
  let pipeline: Pipeline;
  let sink: Sink;

  beforeAll(async () => {
    pipeline = await buildPipeline(await address());
    await pipeline.engine.start();
    sink = await startSink();
  }, 60_000);

  /** Keys of the destination other than the mark of its deletion and BullMQ's. */
  async function keysLeft(id: string): Promise<readonly string[]> {
    const { shared } = pipeline.redis;
    const nodes = 'nodes' in shared ? shared.nodes('master') : [shared];
    const keys = (await Promise.all(nodes.map((node) => node.keys(`gw:${destinationTag(id)}:*`)))).flat();
    return keys.filter((key) => !key.includes(':deliver') && !key.endsWith(':gone')).sort();
  }

  it("holds a user's next event until the one before is settled, and nobody else's", async () => {
    pipeline.configuration.put(ordered('held', sink));
    const failing = new Set<string>();
    sink.replyWith((request) => ({ status: eventsOf(request).some(({ id }) => failing.has(id)) ? 500 : 200 }));
    // Apart from the others from the start: who shares a request shares its fate.
    const [stuck = ''] = ids(await append(pipeline, ['held/a']), 1);
    failing.add(stuck);
    await until(() => idsAt(sink, 'held').filter((id) => id === stuck).length >= 2);
    const result = await append(pipeline, ['held/a', 'held/b', 'held/b', 'held/a', 'held/']);
    const [a2 = '', b1 = '', b2 = '', a3 = '', nobody = ''] = ids(result, 5);
    await until(() => idsAt(sink, 'held').includes(b2) && idsAt(sink, 'held').includes(nobody));
    expect(idsAt(sink, 'held').filter((id) => id === b1 || id === b2)).toEqual([b1, b2]);
    expect(idsAt(sink, 'held')).not.toContain(a2);
    await until(async () => (await pipeline.operations.stats('held')).delivered === 3);
    expect(await pipeline.operations.stats('held')).toMatchObject({ waiting: 3 });
    failing.clear();
    await until(async () => (await pipeline.operations.stats('held')).delivered === 6);
    const ofA = idsAt(sink, 'held').filter((id) => [stuck, a2, a3].includes(id));
    expect(ofA.filter((id, i) => id !== ofA[i - 1])).toEqual([stuck, a2, a3]);
    await until(() => pipeline.budget.queuedBytes === 0);
  });

  it('lets the next one go where one is refused for good', async () => {
    pipeline.configuration.put(ordered('refused', sink));
    let bad = '';
    sink.replyWith((request) => ({ status: eventsOf(request).some(({ id }) => id === bad) ? 422 : 200 }));
    const result = await append(pipeline, ['refused/a', 'refused/a', 'refused/b', 'refused/b']);
    bad = ids(result, 4)[0] ?? '';
    await until(async () => (await pipeline.operations.stats('refused')).delivered === 3);
    expect(await pipeline.operations.stats('refused')).toMatchObject({ deadLettered: 1, waiting: 0 });
  });

  it('takes nothing above what is routed', async () => {
    sink.replyWith(() => ({ status: 200 }));
    pipeline.configuration.put(ordered('above', sink));
    // As a router that has taken an earlier segment and is slow with it.
    const unrouted = shardKeys.unrouted(shardOfSource('app'));
    const { shared } = pipeline.redis;
    await shared.zadd(unrouted, 0, 'slow');
    await shared.zadd(shardKeys.claims(shardOfSource('app')), Date.now() + 60_000, 'slow');
    const [first = ''] = ids(await append(pipeline, ['above/a']), 1);
    const [other = ''] = ids(await append(pipeline, ['above/a'], { source: 'another-app-1' }), 1);
    expect(shardOfSource('another-app-1')).not.toBe(shardOfSource('app'));
    await until(() => idsAt(sink, 'above').includes(other));
    await until(async () => (await pipeline.operations.stats('above')).waiting === 1);
    expect(idsAt(sink, 'above')).toEqual([other]);
    await shared.zrem(unrouted, 'slow');
    await until(() => idsAt(sink, 'above').includes(first));
  });

  it('loses nothing when the order is switched on and off under load', async () => {
    const match = { events: ['switched'] };
    sink.replyWith((_request, index) => ({ status: index % 7 === 0 ? 500 : 200 }));
    const expected: string[] = [];
    for (let round = 0; round < 12; round++) {
      const ordering = round % 2 === 0 ? 'per_user' : 'none';
      const updatedAt = new Date(Date.UTC(2026, 1, 1, 0, 0, round)).toISOString();
      pipeline.configuration.put(webhook('switched', sink, { match, ordering, updatedAt, batch: small }));
      const names = Array.from({ length: 30 }, (_unused, n) => `switched/u${n % 7}`);
      expected.push(...ids(await append(pipeline, names), 30));
      // Routed as the order is now; delivered at any time.
      await until(async () => {
        const { delivered, waiting } = await pipeline.operations.stats('switched');
        return delivered + waiting === expected.length;
      });
    }
    await until(async () => (await pipeline.operations.stats('switched')).waiting === 0, { timeoutMs: 30_000 });
    expect([...new Set(idsAt(sink, 'switched'))].sort()).toEqual([...expected].sort());
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(await pipeline.redis.shared.hget(`gw:${destinationTag('switched')}:state`, 'ordered')).toBe('0');
  });

  it('gives back everything of a destination that is discarded', async () => {
    sink.replyWith(() => ({ status: 200 }));
    pipeline.configuration.put(ordered('doomed', sink, { paused: 'admin' }));
    const names = Array.from({ length: 5_000 }, (_unused, n) => `doomed/u${n}`);
    const acceptedFrom = Date.now();
    await append(pipeline, [...names, 'doomed/u1']);
    await append(pipeline, ['doomed/u1']);
    await until(async () => (await pipeline.operations.stats('doomed')).waiting === 5_002);
    const standings = await new DestinationStandings(pipeline.redis, pipeline.configuration).look();
    const { queued, oldestAt = 0 } = standings.find(({ destinationId }) => destinationId === 'doomed') ?? {};
    expect(queued).toBe(5_002);
    expect(oldestAt).toBeGreaterThanOrEqual(acceptedFrom);
    pipeline.configuration.destinations.delete('doomed');
    await pipeline.operations.discard('doomed', Date.parse('2026-01-01T00:00:00.000Z'));
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(await keysLeft('doomed')).toEqual([]);
  });

  it('replays without an order', async () => {
    pipeline.configuration.put(ordered('again', sink));
    const result = await append(pipeline, ['again/a', 'again/a', 'again/a']);
    await until(async () => (await pipeline.operations.stats('again')).delivered === 3);
    const before = sink.requests.length;
    await pipeline.replays.create({ destinationId: 'again', from: 'history', dryRun: false });
    await until(async () => (await pipeline.operations.stats('again')).delivered === 6);
    expect(sink.requests.slice(before).map((request) => eventsOf(request).map(({ id }) => id))).toEqual([
      ids(result, 3),
    ]);
  });

  it('leaves nothing behind where everything is delivered', async () => {
    const { shared } = pipeline.redis;
    const left = await keysLeft('held');
    expect(left.filter((key) => /:(user|ready|busy|batches|open|pending)/.test(key))).toEqual([]);
    expect(
      await shared.hmget(`gw:${destinationTag('held')}:state`, 'pending', 'pendingBytes', 'open', 'openBytes'),
    ).toEqual(['0', '0', '0', '0']);
  });
});

it('keeps the order of sixty thousand users who have waited for a worker', async () => {
  const pipeline = await buildPipeline({ socketPath: (await startRedis({ appendonly: 'no' })).socketPath });
  const sink = await startSink();
  pipeline.configuration.put(ordered('many', sink, { paused: 'admin' }));
  // Nothing is routed until it is.
  pipeline.configuration.loaded = false;
  for (let segment = 0; segment < 32; segment++) {
    await append(
      pipeline,
      Array.from({ length: 2_000 }, (_, n) => `many/${segment}-${n}`),
    );
  }
  pipeline.configuration.loaded = true;
  await pipeline.engine.start();
  await until(async () => (await pipeline.operations.stats('many')).waiting === 64_000, { timeoutMs: 30_000 });
});

const small = { maxEvents: 5, maxBytes: 4_000_000, maxWaitMs: 20 };
