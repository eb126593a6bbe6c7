import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  admin,
  eventsAt,
  flokitItem,
  metricOf,
  openLine,
  readinessOf,
  report,
  send,
  startGateway,
  startRedis,
  until,
  type FlokitBatchAnswer,
  type Gateway,
  type HttpAnswer,
  type Line,
  type TestRedis,
} from '../support/index.js';

/** Nobody waits longer for a 503. */
const maxWaitMs = 2_000;
const frozenMs = 3_000;
const key = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';
/** A second, and what a busy machine adds. Redis' own commands time out after this. */
const maxBlindMs = 1_400;

interface Sent {
  readonly tag: string;
  readonly sentAt: number;
  readonly answer: HttpAnswer;
}

let tags = 0;

/** A caller that never rests. */
async function keepSending({ sender }: Line, sent: Sent[], stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const tag = `tag-${(tags += 1)}`;
    const sentAt = performance.now();
    const answer = await sender.batch([flokitItem('load', { properties: { tag } })]);
    sent.push({ tag, sentAt, answer });
    await delay(2);
  }
}

/** What clients say to a server before it is asked anything. MONITOR does not show CONFIG. */
const greetings = new Set(['ping', 'info', 'hello', 'auth', 'client', 'select']);

/** Resolves when the server is first asked something: connections are ready, the rest of the start is to come. */
function firstQuestion({ socketPath }: TestRedis): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write('MONITOR\r\n'));
    socket.setEncoding('utf8').on('data', (text: string) => {
      const asked = [...text.matchAll(/\] "(\w+)"/g)].map(([, name = '']) => name.toLowerCase());
      if (asked.every((name) => greetings.has(name))) return;
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

describe('a start whose Redis falls silent', () => {
  it('goes on when it answers again', async () => {
    const redis = await startRedis();
    const asked = firstQuestion(redis);
    const starting = startGateway({ env: { REDIS_URL: redis.url, ADMIN_TOKEN: 'token', ENCRYPTION_KEY: key } });
    await asked;
    redis.freeze();
    await delay(frozenMs);
    redis.thaw();
    const gateway = await starting;
    expect(gateway.output()).not.toContain('"level":"fatal"');
    const line = await openLine(gateway);
    expect((await line.sender.batch([flokitItem('after')])).status).toBe(200);
    // What waited while nobody waited for it does not wait any more.
    redis.freeze();
    const askedAt = performance.now();
    expect((await admin(gateway).ask('GET', '/events')).status).toBe(503);
    expect(performance.now() - askedAt).toBeLessThan(maxWaitMs);
    redis.thaw();
  });
});

describe('a gateway whose Redis', () => {
  let redis: TestRedis;
  let gateway: Gateway;
  let line: Line;

  beforeAll(async () => {
    redis = await startRedis();
    const env = {
      REDIS_URL: redis.url,
      ADMIN_TOKEN: 'token-of-the-operator',
      ENCRYPTION_KEY: key,
    };
    gateway = await startGateway({ env });
    line = await openLine(gateway);
  });

  /** Takes Redis away under load, brings it back, and accounts for every event. */
  async function survive(takeAway: () => unknown, duringOutage: () => Promise<unknown>, bringBack: () => unknown) {
    const sent: Sent[] = [];
    const stop = new AbortController();
    const callers = Array.from({ length: 4 }, () => keepSending(line, sent, stop.signal));
    await until(() => sent.length > 20);
    await takeAway();
    const awayAt = performance.now();
    await until(async () => (await readinessOf(gateway)).culprits.includes('redis'), { what: 'ready to name Redis' });
    await until(() => sent.filter(({ answer }) => answer.status === 503).length >= 20, { what: 'refusals' });
    expect((await fetch(`${gateway.baseUrl}/health/live`)).status).toBe(200);
    await duringOutage();
    await bringBack();
    const backAt = performance.now();
    await until(async () => (await readinessOf(gateway)).status === 200, { what: 'the gateway to be ready again' });
    const recoveredMs = performance.now() - backAt;
    await until(() => sent.at(-1)?.answer.status === 200, { what: 'requests to be accepted again' });
    stop.abort();
    await Promise.all(callers);
    await account(sent, awayAt);
    const waits = sent.map(({ answer }) => answer.tookMs);
    const refusals = sent.filter(({ answer }) => answer.status === 503).length;
    const worst = Math.round(Math.max(...waits));
    report(
      `${sent.length} requests, ${refusals} refused, longest wait ${worst} ms, ready ${Math.round(recoveredMs)} ms after`,
    );
  }

  /** What a router had claimed when Redis went away is routed when its lease ends. */
  async function nothingOnItsWay(): Promise<void> {
    const isIdle = async (): Promise<boolean> =>
      (await metricOf(gateway, 'gateway_unrouted_segments')) === 0 && (await line.stats()).waiting === 0;
    await until(isIdle, { timeoutMs: 40_000, what: 'nothing to be on its way' });
  }

  async function account(sent: readonly Sent[], awayAt: number): Promise<void> {
    for (const { answer } of sent) {
      expect([200, 503]).toContain(answer.status);
      expect(answer.tookMs).toBeLessThan(maxWaitMs);
      if (answer.status === 200) continue;
      expect(JSON.parse(answer.text)).toEqual({
        error: 'service_unavailable',
        message: 'Temporarily unavailable, retry later',
      });
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    const acknowledged = sent.filter(({ answer }) => answer.status === 200).map(({ answer }) => idOf(answer));
    await until(
      () => {
        const arrived = new Set(line.arrived('load'));
        return acknowledged.every((id) => arrived.has(id));
      },
      { timeoutMs: 40_000, what: 'all that was acknowledged to arrive' },
    );
    await nothingOnItsWay();
    const tagsAtSink = new Set(eventsAt(line.sink).map(({ properties }) => properties.tag));
    // What was being written at the very moment nobody can know; whatever was refused later was never written.
    const refused = sent.filter(({ answer, sentAt }) => answer.status === 503 && sentAt > awayAt);
    expect(refused.filter(({ tag }) => tagsAtSink.has(tag))).toEqual([]);
    expect(await line.stats()).toMatchObject({ deadLettered: 0 });
  }

  it('is killed refuses in time and in shape, and recovers by itself', async () => {
    await survive(
      () => redis.kill(),
      expectForeignShapes,
      () => redis.start(),
    );
  });

  it('stops answering refuses in time, and writes nothing of it when Redis goes on', async () => {
    await survive(
      () => redis.freeze(),
      () => delay(frozenMs),
      () => redis.thaw(),
    );
  });

  it('stops answering is found out within a second by who asks whether it is ready', async () => {
    await line.settled();
    redis.freeze();
    const frozenAt = performance.now();
    await until(async () => (await readinessOf(gateway)).culprits.includes('redis'), { what: 'ready to name Redis' });
    const blindMs = performance.now() - frozenAt;
    redis.thaw();
    expect(blindMs).toBeLessThan(maxBlindMs);
    await until(async () => (await readinessOf(gateway)).status === 200, { what: 'the gateway to be ready again' });
  });

  it('stops answering at a quiet moment: what is written into its silence is void', async () => {
    await line.settled();
    redis.freeze();
    const items = Array.from({ length: 10 }, (_, n) => flokitItem('silence', { properties: { tag: `silent-${n}` } }));
    const answers = await Promise.all(items.map((item) => line.sender.batch([item])));
    await delay(frozenMs - maxWaitMs);
    redis.thaw();
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(503));
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(maxWaitMs);
    await until(async () => (await readinessOf(gateway)).status === 200, { what: 'the gateway to be ready again' });
    await nothingOnItsWay();
    expect(line.arrived('silence')).toEqual([]);
  });

  it('is full refuses in time, keeps nothing of it, and recovers when there is room', async () => {
    const setMemory = (bytes: number): Promise<string> => send(redis.socketPath, `CONFIG SET maxmemory ${bytes}`);
    await survive(
      () => setMemory(1),
      () => delay(500),
      () => setMemory(0),
    );
  });

  async function expectForeignShapes(): Promise<void> {
    const { ask } = line.sender;
    for (const { path, headers, body, expected, type } of foreign) {
      const { status, text, headers: got } = await ask({ path, headers, body: JSON.stringify(body) });
      expect([path, status, got['content-type']]).toEqual([path, 503, type]);
      expect(got['retry-after']).toMatch(/^[1-9]\d*$/);
      expect(JSON.parse(text)).toMatchObject(expected);
    }
    const refused = await admin(gateway).ask('POST', '/sources', { name: 'Late', dialect: 'flokit' });
    expect(refused.status).toBe(503);
  }

  const json = { 'Content-Type': 'application/json' };
  const foreign = [
    {
      path: '/api/v1/events',
      headers: { ...json, Authorization: 'Bearer sk_live_1' },
      body: { external_user_id: 'usr_42', name: 'user_signed_up' },
      expected: { errors: [{ code: 'server_error' }] },
      type: 'application/json',
    },
    {
      path: '/v1/batch',
      headers: json,
      body: {
        project_id: 'kx_proj_1',
        api_key: 'kx_key_1',
        bundle_id: 'com.example.app',
        platform: 'ios',
        batch: [
          { event_type: 'custom', event_name: 'x', device_id: 'd', session_id: 's', timestamp: '2026-04-08T12:00:00Z' },
        ],
      },
      expected: { status: 'error', error: 'service_unavailable' },
      type: 'application/json',
    },
    {
      path: '/api/events',
      headers: { ...json, Authorization: 'Klaviyo-API-Key pk_1', revision: '2026-07-15' },
      body: {
        data: {
          type: 'event',
          attributes: {
            properties: {},
            metric: { data: { type: 'metric', attributes: { name: 'Placed Order' } } },
            profile: { data: { type: 'profile', attributes: { email: 'lee@example.com' } } },
          },
        },
      },
      expected: { errors: [{ status: 503, code: 'service_unavailable', source: { pointer: '/data' } }] },
      type: 'application/vnd.api+json',
    },
  ] as const;

  beforeAll(async () => {
    const api = admin(gateway);
    await api.createSource({ name: 'V', dialect: 'vibefollow', credentials: { apiKey: 'sk_live_1' } });
    await api.createSource({ name: 'K', dialect: 'kixo', credentials: { projectId: 'kx_proj_1', apiKey: 'kx_key_1' } });
    await api.createSource({ name: 'Y', dialect: 'klaviyo', credentials: { privateKey: 'pk_1' } });
  });
});

function idOf({ text }: HttpAnswer): string {
  return (JSON.parse(text) as FlokitBatchAnswer).event_ids[0] ?? '';
}
