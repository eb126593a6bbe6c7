import { setTimeout as delay } from 'node:timers/promises';
import {
  eventsAt,
  eventsOf,
  flokitItem,
  flokitItems,
  flokitSender,
  idsAt,
  inParallel,
  openLine,
  report,
  startGateway,
  startSink,
  until,
  type Gateway,
} from '../support/index.js';

/** Longer by hand: what holds for a second holds for a minute. */
const singles = Number(process.env.SINGLE_EVENTS ?? 10_000);
const sinkDownSeconds = Number(process.env.SINK_DOWN_SECONDS ?? 1);

describe('gathering', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  it(`makes ${singles} single events into at most three requests a thousand`, async () => {
    const line = await openLine(gateway, { batch: { maxEvents: 1_000, maxWaitMs: 1_000 } });
    const ids: string[] = [];
    const startedAt = performance.now();
    await inParallel(flokitItems('single', singles), 64, async (item) => {
      const { status, text } = await line.sender.post('/v1/events', item);
      if (status !== 200) throw new Error(`answered ${status}: ${text}`);
      ids.push((JSON.parse(text) as { event_id: string }).event_id);
    });
    const sentMs = performance.now() - startedAt;
    await until(() => eventsAt(line.sink).length >= singles, { timeoutMs: 30_000, what: 'all events to arrive' });
    const sizes = line.sink.requests.map((request) => eventsOf(request).length);
    report(`${singles} single events sent in ${(sentMs / 1_000).toFixed(1)} s left in ${sizes.length} requests`);
    expect([...idsAt(line.sink)].sort()).toEqual(ids.sort());
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(sizes.length).toBeLessThanOrEqual((singles / 1_000) * 3);
  });

  it(
    'goes on while a destination is down: nothing is lost, and it all leaves in batches',
    async () => {
      const line = await openLine(gateway, { batch: { maxEvents: 1_000, maxWaitMs: 100 } });
      await line.sink.down();
      const ids: string[] = [];
      const batches = Array.from({ length: 30 }, () => flokitItems('waiting', 100));
      await inParallel(batches, 4, async (items) => void ids.push(...(await line.sender.accepted(items))));
      await until(async () => (await line.stats()).breaker.state === 'open', { what: 'the breaker to open' });
      await delay(sinkDownSeconds * 1_000);
      expect(await line.stats()).toMatchObject({ waiting: 3_000, deadLettered: 0, delivered: 0 });
      await line.sink.up();
      const upAt = Date.now();
      await until(async () => (await line.stats()).delivered === 3_000, {
        timeoutMs: 20_000,
        what: 'all to be delivered',
      });
      const { length } = line.sink.requests;
      report(`3,000 events left in ${length} requests within ${Date.now() - upAt} ms after the sink was back`);
      expect([...idsAt(line.sink)].sort()).toEqual(ids.sort());
      expect(length).toBeLessThanOrEqual(12);
      expect(await line.stats()).toMatchObject({ waiting: 0, deadLettered: 0, breaker: { state: 'closed' } });
    },
    60_000 + sinkDownSeconds * 1_000,
  );

  it('for one destination is not delayed by another that hangs', async () => {
    const line = await openLine(gateway, { batch: { maxWaitMs: 0 } });
    const hanging = await startSink({ reply: () => 'hang' });
    await line.admin.createDestination({
      name: 'Hanging',
      config: { url: hanging.url },
      match: { sources: [line.sourceId] },
      batch: { maxEvents: 1, maxWaitMs: 0 },
      concurrency: 10,
    });
    await line.sender.accepted(flokitItems('before', 20));
    await until(() => hanging.requests.length === 10, { what: 'the destination to hang with all it may have' });
    const latencies: number[] = [];
    for (let n = 0; n < 50; n += 1) {
      const sentAt = Date.now();
      const [id = ''] = await line.sender.accepted([flokitItem('beside')]);
      const request = await until(() => line.sink.requests.find(({ body }) => body.includes(id)));
      latencies.push(request.at - sentAt);
    }
    latencies.sort((a, b) => a - b);
    report(`beside a hanging destination: median ${latencies[25]} ms, worst ${latencies.at(-1)} ms`);
    expect(latencies[25]).toBeLessThan(500);
    expect(latencies.at(-1)).toBeLessThan(3_000);
    expect(hanging.requests).toHaveLength(10);
  });

  it('keeps the senders apart where destinations want one of them only', async () => {
    const first = await openLine(gateway);
    const second = await openLine(gateway);
    const third = flokitSender(gateway.port, first.apiKey);
    await Promise.all([first.sender.accepted(flokitItems('a', 10)), second.sender.accepted(flokitItems('b', 10))]);
    await third.accepted(flokitItems('a', 10));
    await Promise.all([first.settled(), second.settled()]);
    expect([first.arrived('a').length, first.arrived('b').length]).toEqual([20, 0]);
    expect([second.arrived('a').length, second.arrived('b').length]).toEqual([0, 10]);
  });
});
