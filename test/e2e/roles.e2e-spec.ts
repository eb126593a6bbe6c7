import { setTimeout as delay } from 'node:timers/promises';
import {
  admin,
  eventsAt,
  flokitItem,
  flokitItems,
  idsAt,
  inParallel,
  openLine,
  report,
  sendHalf,
  startGateway,
  startRedis,
  startSink,
  until,
  type FlokitBatchAnswer,
  type FlokitItem,
  type Gateway,
  type Line,
  type TestRedis,
} from '../support/index.js';

describe('one api and two workers on one Redis', () => {
  let redis: TestRedis;
  let api: Gateway;
  let workers: readonly Gateway[];
  let line: Line;

  const start = (role: string): Promise<Gateway> =>
    startGateway({
      env: {
        ROLE: role,
        REDIS_URL: redis.url,
        ADMIN_TOKEN: 'token-of-the-operator',
        ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
      },
    });

  beforeAll(async () => {
    redis = await startRedis();
    [api, ...workers] = await Promise.all([start('api'), start('worker'), start('worker')]);
    line = await openLine(api, { batch: { maxEvents: 100, maxWaitMs: 20 } });
  });

  it('deliver what the api accepted, each event once', async () => {
    const ids: string[] = [];
    const batches = Array.from({ length: 40 }, () => flokitItems('shared', 50));
    await inParallel(batches, 8, async (items) => void ids.push(...(await line.sender.accepted(items))));
    await until(() => eventsAt(line.sink).length >= 2_000, { timeoutMs: 20_000, what: 'all events to arrive' });
    await until(async () => (await line.stats()).waiting === 0);
    expect([...idsAt(line.sink)].sort()).toEqual(ids.sort());
    const attempts = await Promise.all(workers.map((worker) => requestsSentBy(worker)));
    expect(attempts.reduce((sum, count) => sum + count, 0)).toBe(line.sink.requests.length);
    expect(await requestsSentBy(api)).toBe(0);
  });

  it('serve health, metrics and / alone as workers', async () => {
    for (const { baseUrl } of workers) {
      const statusOf = async (path: string, method = 'GET'): Promise<number> =>
        (await fetch(`${baseUrl}${path}`, { method, headers: { authorization: `Bearer ${api.adminToken}` } })).status;
      expect(await statusOf('/health/live')).toBe(200);
      expect(await statusOf('/health/ready')).toBe(200);
      expect(await statusOf('/metrics')).toBe(200);
      expect(await statusOf('/')).toBe(200);
      for (const path of ['/admin/v1/sources', '/admin/v1/destinations', '/openapi.json', '/docs', '/console']) {
        expect([path, await statusOf(path)]).toEqual([path, 404]);
      }
      for (const path of ['/v1/events', '/v1/batch/events', '/api/v1/events', '/v1/batch', '/api/events']) {
        expect([path, await statusOf(path, 'POST')]).toEqual([path, 404]);
      }
    }
  });

  it('send what was held by a pause that ended while no worker was there', async () => {
    const held = await openLine(api, { batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 1 });
    held.sink.replyWith(() => ({ status: 401 }));
    await held.sender.accepted(flokitItems('held', 3));
    await until(async () => (await held.stats()).breaker.state === 'open', { what: 'batches to be open' });
    await held.admin.ask('POST', `/destinations/${held.destinationId}/pause`);
    const asked = held.sink.requests.length;
    // Every worker has heard of it when a probe that was due is not sent.
    await delay(1_500);
    await Promise.all(workers.map((worker) => worker.stop()));
    held.sink.replyWith(() => ({ status: 200 }));
    await held.admin.ask('POST', `/destinations/${held.destinationId}/resume`);
    expect(held.sink.requests.length).toBeLessThanOrEqual(asked + 1);
    workers = await Promise.all([start('worker'), start('worker')]);
    await until(async () => (await held.stats()).delivered === 3, { what: 'it to be delivered' });
  });

  it('follow a change of the configuration within a second', async () => {
    const other = await start('api');
    const moved = await startSink();
    const changedAt = Date.now();
    await line.change({ config: { url: moved.url } });
    await until(
      async () => {
        await line.sender.accepted([flokitItem('moving')]);
        return moved.requests[0];
      },
      { timeoutMs: 3_000, what: 'the new address to be used' },
    );
    const workersMs = (moved.requests[0]?.at ?? 0) - changedAt;
    // From then on nothing goes to the old address.
    const old = line.sink.requests.length;
    await delay(Math.max(0, changedAt + 1_000 - Date.now()));
    await line.sender.accepted(flokitItems('moved', 200));
    await until(() => eventsAt(moved).filter(({ event }) => event === 'moved').length === 200);
    expect(line.arrived('moved')).toEqual([]);

    const source = await admin(api).createSource({ name: 'New', credentials: { apiKey: 'fk_new' } });
    const createdAt = Date.now();
    const headers = { authorization: 'Bearer fk_new', 'content-type': 'application/json' };
    const body = JSON.stringify(flokitItem('elsewhere'));
    await until(async () => (await fetch(`${other.baseUrl}/v1/events`, { method: 'POST', headers, body })).ok);
    const apisMs = Date.now() - createdAt;
    report(
      `a change reached the workers after ${workersMs} ms, another api after ${apisMs} ms (${old} requests before)`,
    );
    expect(workersMs).toBeLessThan(1_000);
    expect(apisMs).toBeLessThan(1_000);
    expect(source.id).toBe('new');
    expect(await other.stop()).toEqual({ code: 0, signal: null });
  });

  it('go on delivering when one worker is killed, and lose nothing', async () => {
    const [victim] = workers;
    const survivors = await openLine(api, { timeoutMs: 1_000, batch: { maxEvents: 10, maxWaitMs: 0 } });
    survivors.sink.replyWith(() => 'hang');
    const held = await survivors.sender.accepted(flokitItems('held', 40));
    await until(() => survivors.sink.requests.length >= 4, { what: 'the workers to be busy' });
    await victim?.kill();
    survivors.sink.replyWith(() => ({ status: 200 }));
    const later = await survivors.sender.accepted(flokitItems('later', 40));
    await until(async () => (await survivors.stats()).waiting === 0, { timeoutMs: 40_000, what: 'all to be settled' });
    const arrived = new Set(idsAt(survivors.sink));
    expect([...held, ...later].filter((id) => !arrived.has(id))).toEqual([]);
    expect(arrived.size).toBe(80);
  });
});

describe('a role of its own', () => {
  it.each(['api', 'worker'])('%s does not start without REDIS_URL', async (role) => {
    const gateway = await startGateway({ env: { ROLE: role }, untilReady: false });
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.output()).toContain(`ROLE ${role} needs REDIS_URL`);
  });

  it('does not start with a REDIS_URL but without ADMIN_TOKEN and ENCRYPTION_KEY', async () => {
    const env = { ROLE: 'api', REDIS_URL: 'redis://127.0.0.1:1' };
    const gateway = await startGateway({ env, untilReady: false });
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.output()).toMatch(/ADMIN_TOKEN/);
    expect(gateway.output()).toMatch(/ENCRYPTION_KEY/);
  });
});

describe('SIGTERM', () => {
  it('ends acceptance, lets what is under way finish in both directions, loses nothing and exits 0', async () => {
    const gateway = await startGateway();
    const line = await openLine(gateway, { batch: { maxEvents: 10, maxWaitMs: 0 }, concurrency: 2 });
    line.sink.replyWith(() => ({ status: 200, delayMs: 1_000 }));
    const ids = [...(await line.sender.accepted(flokitItems('draining', 50)))];
    await until(() => line.sink.requests.length === 2, { what: 'two requests to be under way' });
    const slow = await sendHalf(gateway.port, request(line.apiKey, [flokitItem('half sent')]));

    const stoppedAt = Date.now();
    const exit = gateway.stop();
    await until(() => gateway.output().includes('"msg":"Draining'));
    const late = await line.sender.batch([flokitItem('too late')]).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect([503, 'refused']).toContain(late);
    slow.finish();
    const answer = await slow.answer;
    expect(await exit).toEqual({ code: 0, signal: null });
    report(`drained in ${Date.now() - stoppedAt} ms`);
    expect(Date.now() - stoppedAt).toBeLessThan(30_000);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    ids.push(...(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as FlokitBatchAnswer).event_ids);
    expect(line.sink.requests).toHaveLength(2);

    line.sink.replyWith(() => ({ status: 200 }));
    await startGateway({ dataDir: gateway.dataDir, port: gateway.port });
    await until(() => idsAt(line.sink).length >= 51, { what: 'the rest to be delivered' });
    await until(async () => (await line.stats()).waiting === 0, { what: 'nothing to wait' });
    expect([...idsAt(line.sink)].sort()).toEqual(ids.sort());
  });
});

function request(apiKey: string, events: readonly FlokitItem[]): string {
  const body = JSON.stringify({ events });
  const lines = [
    'POST /v1/batch/events HTTP/1.1',
    'Host: gateway',
    `Authorization: Bearer ${apiKey}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Of all destinations and outcomes. */
async function requestsSentBy({ baseUrl }: Gateway): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text();
  const series = [...text.matchAll(/^gateway_delivery_requests_total\{.*\} (\d+)$/gm)];
  return series.reduce((sum, [, count]) => sum + Number(count), 0);
}
