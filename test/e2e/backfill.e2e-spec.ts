import { admin, onEnd, report, startGateway, startSink, until, type Gateway } from '../support/index.js';
import { startKlaviyo } from '../support/stand-ins/klaviyo.js';

/** The long run: `BACKFILL_EVENTS=200000 npm test -- backfill`. */
const EVENTS = Number(process.env.BACKFILL_EVENTS ?? 9_000);
const isLong = EVENTS >= 100_000;
/** Klaviyo's limits (10 a second, 150 a minute) in windows this much shorter. */
const TIME_SCALE = 10;
const EVENTS_PER_REQUEST = isLong ? 200 : 20;
const STEADY = 150;
const WINDOW_MS = 60_000 / TIME_SCALE;
const timestamp = '2026-05-01T10:00:05Z';

async function post(gateway: Gateway, events: readonly unknown[]): Promise<void> {
  const response = await fetch(`${gateway.baseUrl}/v1/batch/events`, {
    method: 'POST',
    headers: { authorization: 'Bearer fk_backfill', 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  if (response.status !== 200) throw new Error(`the gateway answered ${response.status}`);
  await response.arrayBuffer();
}

/** Live traffic beside the backfill: one event every 20 ms, and how long each took to arrive (ms). */
async function live(gateway: Gateway, arrivals: ReadonlyMap<string, number>, isOver: () => boolean): Promise<number[]> {
  const sent = new Map<string, number>();
  for (let n = 0; !isOver(); n++) {
    sent.set(`live-${n}`, Date.now());
    await post(gateway, [{ event: 'live', user_id: `live-${n}`, timestamp }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until(() => [...sent.keys()].every((user) => arrivals.has(user)), { what: 'live events to arrive' });
  return [...sent].map(([user, at]) => (arrivals.get(user) ?? 0) - at).sort((a, b) => a - b);
}

/** Of the vendor's windows that were used from end to end: taken requests over allowed ones. */
function shareOfAllowed(times: readonly number[]): number {
  const perWindow = new Map<number, number>();
  for (const at of times)
    perWindow.set(Math.floor(at / WINDOW_MS), (perWindow.get(Math.floor(at / WINDOW_MS)) ?? 0) + 1);
  const windows = [...perWindow].sort(([a], [b]) => a - b).slice(1, -1);
  return windows.reduce((sum, [, count]) => sum + count, 0) / (windows.length * STEADY);
}

describe('a backfill to a vendor with narrow limits', () => {
  it(`of ${EVENTS} events ends complete, near the allowed rate, and delays nobody else`, async () => {
    const klaviyo = await startKlaviyo({ privateKey: 'pk_backfill', timeScale: TIME_SCALE });
    onEnd(() => klaviyo.close());
    const arrivals = new Map<string, number>();
    const sink = await startSink({
      reply: ({ body, at }) => {
        for (const [, user = ''] of body.matchAll(/"user_id":"(live-\d+)"/g)) arrivals.set(user, at);
        return { status: 200 };
      },
    });
    const gateway = await startGateway({ env: { LOG_LEVEL: 'warn' } });
    const control = admin(gateway);
    await control.createSource({ credentials: { apiKey: 'fk_backfill' } });
    await control.createDestination({
      id: 'live',
      config: { url: sink.url },
      match: { events: ['live'] },
      batch: { maxWaitMs: 0 },
    });
    await control.createDestination({
      id: 'klaviyo',
      type: 'klaviyo',
      config: { baseUrl: klaviyo.url },
      credentials: { privateKey: 'pk_backfill' },
      match: { events: ['old'] },
      batch: { maxEvents: EVENTS_PER_REQUEST, maxWaitMs: 100 },
      rateLimit: [
        { requests: 10, perSeconds: 1 / TIME_SCALE },
        { requests: STEADY, perSeconds: 60 / TIME_SCALE },
      ],
      retry: { minDelayMs: 10 },
    });
    for (let from = 0; from < EVENTS; from += 1_000) {
      const count = Math.min(1_000, EVENTS - from);
      await post(
        gateway,
        Array.from({ length: count }, (_, i) => ({ event: 'old', user_id: `old-${from + i}`, timestamp })),
      );
    }
    let isOver = false;
    const lags = live(gateway, arrivals, () => isOver);
    await until(() => klaviyo.taken.length >= EVENTS, { timeoutMs: 240_000, what: 'the backfill to end' });
    isOver = true;
    const lag = await lags;
    const p99 = lag[Math.floor(lag.length * 0.99)] ?? 0;
    const limited = klaviyo.requests.filter(({ outcome }) => outcome === 429).length;
    const share = shareOfAllowed(klaviyo.requests.filter(({ outcome }) => outcome === 202).map(({ at }) => at));
    report(
      `backfill of ${EVENTS}: ${klaviyo.requests.length} requests, ${limited} answered 429, ` +
        `${(share * 100).toFixed(1)} % of the allowed rate, time scale 1:${TIME_SCALE}; live lag p99 ${p99} ms`,
    );
    // Who comes later does not stand behind the backfill.
    const lastOldAt = Math.max(...klaviyo.requests.map(({ at }) => at));
    expect([...arrivals.values()].filter((at) => at < lastOldAt).length).toBeGreaterThan(lag.length / 2);
    expect(new Set(klaviyo.taken.map(({ person }) => person)).size).toBe(EVENTS);
    expect(klaviyo.taken).toHaveLength(EVENTS);
    await until(async () => (await control.stats('klaviyo')).waiting === 0);
    expect(await control.stats('klaviyo')).toMatchObject({ deadLettered: 0, delivered: EVENTS });
    expect(share).toBeGreaterThan(0.8);
    expect(limited / klaviyo.requests.length).toBeLessThan(0.1);
  }, 300_000);
});
