import { setTimeout as delay } from 'node:timers/promises';
import {
  connectRedis,
  flokitItem,
  flokitItems,
  openLine,
  readinessOf,
  report,
  send,
  startGateway,
  startRedis,
  until,
  type Gateway,
  type Line,
  type TestRedis,
} from '../support/index.js';
import { TcpProxy } from './harness/tcp-proxy.js';

/** A silent connection is given up after ten seconds; what was claimed by then is free again ten seconds after its claim. */
const patience = { timeoutMs: 27_000 };
const busyMs = 5_000;

/** The ports from which clients of this name are connected. */
async function portsOf({ socketPath }: TestRedis, name: string): Promise<ReadonlySet<number>> {
  const clients = (await send(socketPath, 'CLIENT LIST')).split('\n').filter((line) => line.includes(` name=${name} `));
  return new Set(clients.map((line) => Number(/ addr=\S+:(\d+) /.exec(line)?.[1])));
}

describe('a gateway whose connections to Redis fall silent, while new ones would work', () => {
  let redis: TestRedis;
  let cable: TcpProxy;
  let gateway: Gateway;
  let line: Line;

  beforeAll(async () => {
    redis = await startRedis();
    cable = await TcpProxy.start(redis.port);
    gateway = await startGateway({
      env: {
        REDIS_URL: `redis://127.0.0.1:${cable.port}`,
        ADMIN_TOKEN: 'token-of-the-operator',
        ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
      },
    });
    line = await openLine(gateway);
    await line.settled();
  });

  const arrive = (event: string, ids: readonly string[]): Promise<unknown> =>
    until(
      () => {
        const arrived = new Set(line.arrived(event));
        return ids.every((id) => arrived.has(id));
      },
      { ...patience, what: `all events "${event}" to arrive` },
    );

  it('makes new ones, and delivers what it acknowledged before and after', async () => {
    const before = await line.sender.accepted(flokitItems('before', 50));
    cable.drop();
    const droppedAt = performance.now();
    expect((await line.sender.batch([flokitItem('meanwhile')])).status).toBe(503);
    await until(async () => (await line.sender.batch([flokitItem('probe')])).status === 200, patience);
    const acceptedMs = performance.now() - droppedAt;
    const after = await line.sender.accepted(flokitItems('after', 50));
    await Promise.all([arrive('before', before), arrive('after', after)]);
    const arrivedMs = performance.now() - droppedAt;
    await until(async () => (await readinessOf(gateway)).status === 200, { what: 'the gateway to be ready' });
    expect(line.arrived('meanwhile')).toEqual([]);
    report(`accepts again after ${Math.round(acceptedMs)} ms, has delivered all after ${Math.round(arrivedMs)} ms`);
  }, 40_000);

  it('delivers also where only those of the queues do', async () => {
    await line.settled();
    const ports = await portsOf(redis, 'gateway-queues');
    expect(ports.size).toBeGreaterThan(0);
    cable.drop(ports);
    const droppedAt = performance.now();
    await arrive('queued', await line.sender.accepted(flokitItems('queued', 50)));
    report(`has delivered all after ${Math.round(performance.now() - droppedAt)} ms`);
  }, 40_000);
});

describe('a connection that only listens', () => {
  it('hears again after it fell silent', async () => {
    const redis = await startRedis();
    const cable = await TcpProxy.start(redis.port);
    const connections = await connectRedis({ url: `redis://127.0.0.1:${cable.port}` });
    const heard: string[] = [];
    await connections.subscribe('news', (message) => heard.push(message));
    cable.drop(await portsOf(redis, 'gateway-subscriber'));
    const isHeard = async (): Promise<boolean> => {
      await send(redis.socketPath, 'PUBLISH news late');
      return heard.includes('late');
    };
    await until(isHeard, { ...patience, what: 'the message to be heard' });
  }, 40_000);
});

describe('a Redis that is busy for five seconds', () => {
  it('keeps its connections and answers what waits', async () => {
    const redis = await startRedis();
    const connections = await connectRedis({ url: redis.url });
    const clients = [connections.ingest, connections.shared, connections.forQueues()];
    const idsOf = (): Promise<unknown[]> => Promise.all(clients.map((client) => client.call('CLIENT', 'ID')));
    await until(() => connections.forQueues().status === 'ready');
    const ids = await idsOf();
    redis.freeze();
    const waiting = connections.forQueues().incr('counter');
    await delay(busyMs);
    redis.thaw();
    expect(await waiting).toBe(1);
    await until(async () => (await connections.ingest.ping()) === 'PONG');
    expect(await idsOf()).toEqual(ids);
  });
});
