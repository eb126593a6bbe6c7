import { setTimeout as delay } from 'node:timers/promises';
import {
  eventsOf,
  flokitItem,
  flokitItems,
  openLine,
  report,
  startGateway,
  until,
  type Gateway,
  type Line,
} from '../support/index.js';

/** More by hand: the promise holds for as many as there are. */
const EVENTS = Number(process.env.REPLAY_EVENTS ?? 3_000);
const PER_REQUEST = 500;
const LIVE_MS = 10;
const PATIENCE_MS = 60_000 + EVENTS;

interface Replay {
  readonly id: string;
  readonly state: string;
  readonly matched: number;
  readonly settled: number;
  readonly delivered: number;
}

describe(`a replay of ${EVENTS} events`, () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({ env: { HISTORY_MAX_BYTES: String(1024 ** 3) } });
  });

  it.each(['history', 'dead-letters'])(
    'from %s misses none, changes no id and lets new events pass',
    async (from) => {
      const line = await openLine(gateway, { batch: { maxEvents: 500, maxWaitMs: 20 } });
      // What may not wait becomes a dead letter.
      if (from === 'dead-letters') await line.change({ maxQueuedBytes: 1 });
      const arrivedAt = new Map<string, number>();
      const arrivals = new Map<string, number>();
      line.sink.replyWith((request) => {
        for (const { id } of eventsOf(request)) {
          arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
          arrivedAt.set(id, request.at);
        }
        return { status: 200 };
      });
      // Held until all of them wait: what follows is then how fast this destination takes events at best.
      if (from === 'history') await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
      const accepted: string[] = [];
      for (let i = 0; i < EVENTS / PER_REQUEST; i++) {
        accepted.push(...(await line.sender.accepted(flokitItems('old', PER_REQUEST))));
      }
      const waiting = async (): Promise<boolean> => (await line.stats()).waiting === accepted.length;
      if (from === 'history') await until(waiting, { timeoutMs: PATIENCE_MS, what: 'everything to wait' });
      const deliveryAt = Date.now();
      if (from === 'history') await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
      const settled = async (): Promise<boolean> => {
        const { delivered, deadLettered } = await line.stats();
        return (from === 'history' ? delivered : deadLettered) === accepted.length;
      };
      await until(settled, { timeoutMs: PATIENCE_MS, what: 'everything to be settled' });
      const deliverySeconds = (Date.now() - deliveryAt) / 1_000;
      await line.change({ maxQueuedBytes: null });
      arrivals.clear();

      const order = { destinationId: line.destinationId, from };
      const { body } = await line.admin.ask('POST', '/replays', order);
      const { id } = body as Replay;
      let replay = body as Replay;
      const replayAt = Date.now();
      const sentAt = new Map<string, number>();
      let isOver = false;
      const live = async (): Promise<void> => {
        while (!isOver) {
          const at = Date.now();
          const [one = ''] = await line.sender.accepted([flokitItem('live')]);
          sentAt.set(one, at);
          await delay(LIVE_MS);
        }
      };
      const sending = live();
      do {
        await delay(25);
        replay = (await line.admin.ask('GET', `/replays/${id}`)).body as Replay;
      } while (replay.state !== 'done' || replay.delivered < accepted.length);
      const seconds = (Date.now() - replayAt) / 1_000;
      isOver = true;
      await sending;
      await until(() => [...sentAt.keys()].every((live) => arrivedAt.has(live)));

      expect(replay.matched).toBe(accepted.length);
      expect(accepted.filter((old) => arrivals.get(old) !== 1)).toEqual([]);
      const arrivalOf = (one: string): number => arrivedAt.get(one) ?? 0;
      expect(Math.min(...[...sentAt.keys()].map(arrivalOf))).toBeLessThan(Math.max(...accepted.map(arrivalOf)));
      const known = new Set([...accepted, ...sentAt.keys()]);
      expect([...arrivals.keys()].filter((one) => !known.has(one))).toEqual([]);
      const lags = [...sentAt].map(([live, at]) => arrivalOf(live) - at).sort((a, b) => a - b);
      const share = (part: number): number => lags[Math.floor(lags.length * part)] ?? 0;
      report(
        `a replay of ${EVENTS} from ${from}: ${seconds.toFixed(1)} s` +
          (from === 'history' ? ` (first delivered in ${deliverySeconds.toFixed(1)} s)` : '') +
          `; live lag p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, ${lags.length} events`,
      );
    },
    PATIENCE_MS * 3,
  );
});

describe.each(['history', 'dead-letters'])('a replay from %s with a rate', (from) => {
  it('keeps it by the second, also within what was accepted together', async () => {
    const gateway = await startGateway();
    const line = await openLine(gateway, { batch: { maxEvents: 100, maxWaitMs: 0 } });
    if (from === 'dead-letters') line.sink.replyWith(() => ({ status: 422 }));
    const accepted = await line.sender.accepted(flokitItems('old', 6));
    const settled = from === 'history' ? 'delivered' : 'deadLettered';
    await until(async () => (await line.stats())[settled] === accepted.length);
    const before = line.sink.requests.length;
    line.sink.replyWith(() => ({ status: 200 }));

    const order = { destinationId: line.destinationId, from, rate: 2 };
    const { body } = await line.admin.ask('POST', '/replays', order);
    expect(body).toMatchObject({ matched: 6 });
    const { id } = body as Replay;
    const state = async (): Promise<Replay> => (await line.admin.ask('GET', `/replays/${id}`)).body as Replay;
    await until(async () => (await state()).state === 'done');
    await until(async () => (await state()).delivered === 6);

    const requests = line.sink.requests.slice(before);
    expect(requests.flatMap(eventsOf).map((event) => event.id)).toEqual(accepted);
    expect(requests.map((request) => eventsOf(request).length)).toEqual([2, 2, 2]);
    const [first, , last] = requests;
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_500);
  });
});

describe('a replay of dead letters', () => {
  let line: Line;

  beforeEach(async () => {
    line = await openLine(await startGateway(), { batch: { maxEvents: 100, maxWaitMs: 0 } });
    line.sink.replyWith(() => ({ status: 422 }));
    await line.sender.accepted([...flokitItems('mended', 4), ...flokitItems('bad', 3)]);
    await until(async () => (await line.stats()).deadLettered === 7);
  });

  const replayed = async (): Promise<unknown> => {
    const order = { destinationId: line.destinationId, from: 'dead-letters' };
    const { id } = (await line.admin.ask('POST', '/replays', order)).body as Replay;
    let replay: Replay;
    do replay = (await line.admin.ask('GET', `/replays/${id}`)).body as Replay;
    while (replay.settled < 7);
    return replay;
  };

  it('tells what was refused again from what was delivered', async () => {
    line.sink.replyWith(({ body }) => ({ status: body.includes('"bad"') ? 422 : 200 }));
    expect(await replayed()).toMatchObject({ queued: 7, settled: 7, delivered: 4, deadLettered: 3, notWanted: 0 });
  });

  it('tells what was too much to wait again from what was delivered', async () => {
    await line.change({ maxQueuedBytes: 1 });
    expect(await replayed()).toMatchObject({ queued: 7, settled: 7, delivered: 0, deadLettered: 7 });
    expect(await line.stats()).toMatchObject({ deadLettered: 7, waiting: 0 });
  });
});
