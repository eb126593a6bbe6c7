import { randomBytes } from 'node:crypto';
import {
  flokitItem,
  idsAt,
  inParallel,
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
  type Line,
  type TestRedis,
} from '../support/index.js';

const onRedis = ({ url }: TestRedis): Readonly<Record<string, string>> => ({
  REDIS_URL: url,
  ADMIN_TOKEN: 'token-of-the-operator',
  ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
});

describe('a gateway on a Redis with little memory', () => {
  let gateway: Gateway;
  let line: Line;

  beforeEach(async () => {
    gateway = await startGateway({ env: onRedis(await startRedis({ maxmemory: '12mb' })) });
    line = await openLine(gateway);
  });

  async function nothingWaits(): Promise<void> {
    const isIdle = async (): Promise<boolean> =>
      (await metricOf(gateway, 'gateway_unrouted_segments')) === 0 && (await line.stats()).waiting === 0;
    await until(isIdle, { timeoutMs: 40_000, what: 'all to be delivered' });
  }

  it('passes on many times as much as fits: what is settled makes room', async () => {
    const ids: string[] = [];
    await inParallel(Array.from({ length: 600 }), 4, async () => {
      const item = flokitItem('bulky', { properties: { noise: randomBytes(45_000).toString('base64') } });
      // It may be told to wait a moment, but never for good.
      const answer = await until(
        async () => {
          const { status, text } = await line.sender.batch([item]);
          return status === 200 ? text : undefined;
        },
        { timeoutMs: 20_000, what: 'an event to be accepted' },
      );
      ids.push(...(JSON.parse(answer) as FlokitBatchAnswer).event_ids);
    });
    await nothingWaits();
    expect([...idsAt(line.sink)].sort()).toEqual(ids.sort());
  });

  it('sheds load before the memory is full, so that deliveries can go on and free it', async () => {
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    const ids: string[] = [];
    let refusals = 0;
    // Every small request is a segment of its own: they cost several times as much memory as they have bytes.
    await inParallel(Array.from({ length: 100_000 }), 4, async () => {
      if (refusals > 0) return;
      const { status, text } = await line.sender.batch([flokitItem('tiny')]);
      if (status === 200) ids.push(...(JSON.parse(text) as FlokitBatchAnswer).event_ids);
      else refusals += 1;
    });
    expect(await readinessOf(gateway)).toEqual({ status: 503, culprits: ['queued_bytes'] });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    const isReady = async (): Promise<boolean> => (await readinessOf(gateway)).status === 200;
    await until(isReady, { timeoutMs: 20_000, what: 'the gateway to be ready again' });
    await nothingWaits();
    report(`${ids.length} small events waited in 12 MB when the first was refused`);
    expect([...idsAt(line.sink)].sort()).toEqual(ids.sort());
  });
});

describe('a gateway that starts while Redis has no memory left', () => {
  it('works as ever once it has some', async () => {
    const redis = await startRedis();
    const env = onRedis(redis);
    const former = await startGateway({ env });
    const line = await openLine(former);
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    const ids = [...(await line.sender.accepted([flokitItem('before')]))];
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    await former.kill();
    await send(redis.socketPath, 'CONFIG SET maxmemory 1');
    const gateway = await startGateway({ env, port: former.port, untilReady: false });
    await until(async () => (await readinessOf(gateway)).culprits.includes('queued_bytes'), {
      what: 'load to be shed',
    });
    await send(redis.socketPath, 'CONFIG SET maxmemory 0');
    await until(async () => (await readinessOf(gateway)).status === 200, { what: 'the gateway to be ready' });
    ids.push(...(await line.sender.accepted([flokitItem('after')])));
    await until(() => ids.every((id) => idsAt(line.sink).includes(id)), { timeoutMs: 20_000, what: 'both to arrive' });
  });
});
