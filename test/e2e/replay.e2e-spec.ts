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
} from '../support/index.js';

/** More by hand: the promise holds for as many as there are. */
const EVENTS = Number(process.env.REPLAY_EVENTS ?? 3_000);
const PER_REQUEST = 500;
const PATIENCE_MS = 60_000 + EVENTS;

interface Replay {
  readonly id: string;
  readonly state: string;
  readonly matched: number;
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
      const accepted: string[] = [];
      for (let i = 0; i < EVENTS / PER_REQUEST; i++) {
        accepted.push(...(await line.sender.accepted(flokitItems('old', PER_REQUEST))));
      }
      const settled = async (): Promise<boolean> => {
        const { delivered, deadLettered } = await line.stats();
        return (from === 'history' ? delivered : deadLettered) === accepted.length;
      };
      await until(settled, { timeoutMs: PATIENCE_MS, what: 'everything to be settled' });
      await line.change({ maxQueuedBytes: null });
      arrivals.clear();

      const order = { destinationId: line.destinationId, from };
      const { body } = await line.admin.ask('POST', '/replays', order);
      const { id } = body as Replay;
      let replay = body as Replay;
      const sentAt = new Map<string, number>();
      do {
        const at = Date.now();
        const [live = ''] = await line.sender.accepted([flokitItem('live')]);
        sentAt.set(live, at);
        await delay(25);
        replay = (await line.admin.ask('GET', `/replays/${id}`)).body as Replay;
      } while (replay.state !== 'done' || replay.delivered < accepted.length);
      await until(() => [...sentAt.keys()].every((live) => arrivedAt.has(live)));

      expect(replay.matched).toBe(accepted.length);
      expect(accepted.filter((old) => arrivals.get(old) !== 1)).toEqual([]);
      const known = new Set([...accepted, ...sentAt.keys()]);
      expect([...arrivals.keys()].filter((one) => !known.has(one))).toEqual([]);
      const lags = [...sentAt].map(([live, at]) => (arrivedAt.get(live) ?? 0) - at).sort((a, b) => a - b);
      report(
        `live lag during a replay from ${from}: p50 ${lags[Math.floor(lags.length / 2)]} ms, p99 ${lags[Math.floor(lags.length * 0.99)]} ms, ${lags.length} events`,
      );
    },
    PATIENCE_MS * 3,
  );
});
