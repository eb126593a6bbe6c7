import {
  admin,
  dialectClients,
  httpClient,
  eventsAt,
  inParallel,
  report,
  send,
  startGateway,
  startRedis,
  startSink,
  until,
  type Admin,
  type DialectClient,
  type Gateway,
  type Happening,
  type Sink,
  type TestRedis,
} from '../support/index.js';

/** Per dialect; a million for the figures of docs/tracing.md. */
const EVENTS = Number(process.env.TRACE_EVENTS ?? 4_000);
const EVENTS_PER_REQUEST = 200;
const TRACES = 200;
const SHARDS = 16;

describe(`traces among ${EVENTS} events of each dialect`, () => {
  let redis: TestRedis;
  let gateway: Gateway;
  let control: Admin;
  let sink: Sink;

  beforeAll(async () => {
    redis = await startRedis();
    sink = await startSink();
    gateway = await startGateway({
      env: {
        LOG_LEVEL: 'error',
        REDIS_URL: redis.url,
        ADMIN_TOKEN: 'token-of-the-operator',
        ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
        HISTORY_MAX_BYTES: String(4 * 1024 ** 3),
        MAX_QUEUED_BYTES: String(4 * 1024 ** 3),
      },
    });
    control = admin(gateway);
    await control.createDestination({ id: 'sink', config: { url: sink.url }, match: { events: ['sampled'] } });
  });

  /** Every request has one event that is delivered, by which the ids of its dialect become known. */
  async function fill(client: DialectClient): Promise<void> {
    const { dialect, credentials, success } = client;
    await control.createSource({ id: dialect, dialect, credentials });
    const ask = httpClient(gateway.port);
    const requests = Array.from({ length: Math.ceil(EVENTS / EVENTS_PER_REQUEST) }, (_, n) => n);
    await inParallel(requests, 8, async (n) => {
      const { path, headers, body } = client.request(happenings(dialect, n));
      const answer = await ask({
        path,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!success.includes(answer.status)) throw new Error(`${dialect} answered ${answer.status}: ${answer.text}`);
    });
  }

  const counter = async (shard: number, field: string): Promise<number> =>
    Number((await send(redis.socketPath, `HGET gw:{s${shard}}:counters ${field}`)).split('\r\n')[1] ?? 0);

  async function untilIndexed(): Promise<void> {
    for (let shard = 0; shard < SHARDS; shard++) {
      const accepted = await counter(shard, 'seq');
      await until(async () => (await counter(shard, 'idx')) >= accepted || accepted === 0, {
        timeoutMs: 30_000 + EVENTS / 2,
        what: 'all content ids to be indexed',
      });
    }
  }

  /** Milliseconds, ascending. */
  async function traceSome(ids: readonly string[]): Promise<readonly number[]> {
    const times: number[] = [];
    const step = Math.max(1, Math.floor(ids.length / TRACES));
    for (let i = 0; i < ids.length; i += step) {
      const started = performance.now();
      const { status, body } = await control.ask('GET', `/events/${ids[i] ?? ''}/trace`);
      times.push(performance.now() - started);
      expect([status, body]).toMatchObject([200, { event: { id: ids[i] }, destinations: [{ state: 'delivered' }] }]);
    }
    return times.sort((a, b) => a - b);
  }

  it('take the same short time, whatever the dialect, the oldest event included', async () => {
    for (const client of dialectClients) await fill(client);
    const requests = Math.ceil(EVENTS / EVENTS_PER_REQUEST);
    await until(() => eventsAt(sink).length >= requests * dialectClients.length, {
      timeoutMs: 30_000 + EVENTS / 10,
      what: 'one event of every request to arrive',
    });
    await untilIndexed();
    for (const { dialect } of dialectClients) {
      const ids = eventsAt(sink).flatMap(({ id, source }) =>
        JSON.stringify(source).includes(`"${dialect}"`) ? [id] : [],
      );
      const times = await traceSome(ids);
      const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
      const p50 = times[Math.floor(times.length / 2)] ?? 0;
      report(`${dialect}: ${times.length} traces, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
      expect(p99).toBeLessThan(1_000);
    }
  }, 600_000);
});

function happenings(dialect: string, request: number): readonly Happening[] {
  return Array.from({ length: EVENTS_PER_REQUEST }, (_, n) => ({
    mark: `${dialect}-${request}-${n}`,
    name: n === request % EVENTS_PER_REQUEST ? 'sampled' : 'usual',
    user: `user-${n}`,
    time: new Date(1_777_630_000_000 + request * 1_000 + n).toISOString(),
    kind: 'timed' as const,
  }));
}
