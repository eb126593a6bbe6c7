import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  admin,
  flokitItem,
  flokitItems,
  flokitSender,
  onEnd,
  openLine,
  startGateway,
  startRedis,
  until,
  type Gateway,
  type TestRedis,
} from '../support/index.js';
import { send } from '../support/redis.js';

const key = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

interface Message {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: unknown;
}

interface Watcher {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What arrived so far, comments left out. */
  readonly messages: readonly Message[];
  /** Names of the events that arrived, in order. */
  names(): readonly string[];
  /** Resolves when the server ends the stream, rejects when the connection breaks. */
  readonly ended: Promise<void>;
  leave(): void;
}

/** On a connection of its own. */
async function watch(gateway: Gateway, query = ''): Promise<Watcher> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${gateway.adminToken}` };
    const url = `${gateway.baseUrl}/admin/v1/events/stream${query}`;
    get(url, { headers, agent: false }, resolve).once('error', reject);
  });
  onEnd(() => void answer.destroy());
  const messages: Message[] = [];
  let rest = '';
  answer.setEncoding('utf8').on('data', (part: string) => {
    const blocks = `${rest}${part}`.split('\n\n');
    rest = blocks.pop() ?? '';
    messages.push(...blocks.flatMap(readBlock));
  });
  const ended = new Promise<void>((resolve, reject) => {
    answer.once('end', resolve).once('error', reject);
  });
  ended.catch(() => undefined);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    messages,
    names: () => messages.flatMap(({ event, data }) => (event === 'event' ? [(data as { event: string }).event] : [])),
    ended,
    leave: () => void answer.destroy(),
  };
}

/** Comments give nothing. */
function readBlock(block: string): readonly Message[] {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const data = fields.get('data');
  if (data === undefined) return [];
  return [{ id: fields.get('id'), event: fields.get('event'), data: JSON.parse(data) as unknown }];
}

describe('the live tail of one process', () => {
  let gateway: Gateway;
  let ios: { readonly id: string; readonly apiKey: string };
  let web: typeof ios;

  beforeAll(async () => {
    gateway = await startGateway();
    const source = async (id: string) => {
      const { credentials } = await admin(gateway).createSource({ id });
      return { id, apiKey: credentials.apiKey ?? '' };
    };
    [ios, web] = [await source('ios'), await source('web')];
  }, 120_000);

  const sender = (of: typeof ios) => flokitSender(gateway.port, of.apiKey);

  it('shows every event from now on, with its id, as every admin answer shows it', async () => {
    await sender(ios).accepted([flokitItem('before')]);
    const watcher = await watch(gateway);
    expect(watcher.status).toBe(200);
    expect(watcher.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(watcher.headers['cache-control']).toBe('no-store');
    expect(watcher.headers['x-request-id']).toBeTruthy();
    const ids = [
      ...(await sender(ios).accepted([flokitItem('one', { properties: { text: 'two\nlines' } })])),
      ...(await sender(web).accepted([flokitItem('two')])),
    ];
    await until(() => watcher.messages.length === 2, { what: 'both events to be shown' });
    expect(watcher.messages.map(({ id, event }) => [id, event])).toEqual(ids.map((id) => [id, 'event']));
    const listed = (await admin(gateway).ask('GET', '/events?limit=2')).body as { readonly data: readonly unknown[] };
    expect(watcher.messages.map(({ data }) => data)).toEqual([...listed.data].reverse());
    expect(watcher.names()).toEqual(['one', 'two']);
    watcher.leave();
  });

  it('shows nothing that a replay puts back: it was accepted before', async () => {
    const line = await openLine(gateway);
    const [id = ''] = await line.sender.accepted([flokitItem('replayed')]);
    await until(async () => (await line.stats()).delivered === 1);
    const watcher = await watch(gateway);
    const { status } = await line.admin.ask('POST', '/replays', {
      destinationId: line.destinationId,
      from: 'history',
    });
    expect(status).toBe(201);
    await until(() => line.arrived('replayed').join() === `${id},${id}`, { what: 'the event to arrive again' });
    await line.sender.accepted([flokitItem('after')]);
    await until(() => watcher.names().includes('after'));
    expect(watcher.names()).toEqual(['after']);
    expect(watcher.messages.map(({ event }) => event)).toEqual(['event']);
    watcher.leave();
  });

  it('shows only what a client asks for', async () => {
    const watchers = await Promise.all(
      ['?sourceId=ios', '?event=wanted', '?dialect=flokit&sourceId=web&event=wanted', '?dialect=kixo'].map((query) =>
        watch(gateway, query),
      ),
    );
    const all = await watch(gateway);
    await sender(ios).accepted([flokitItem('wanted'), flokitItem('other')]);
    await sender(web).accepted([flokitItem('other'), flokitItem('wanted')]);
    await until(() => all.names().length === 4, { what: 'all four to be shown' });
    const shown = (): readonly number[] => watchers.map(({ messages }) => messages.length);
    await until(() => shown().join() === '2,2,1,0', { what: 'each to be shown its own' });
    const sources = (watcher: Watcher) =>
      watcher.messages.map(({ data }) => {
        const { source, event } = data as { readonly source: { readonly id: string }; readonly event: string };
        return `${source.id} ${event}`;
      });
    expect(watchers.map(sources)).toEqual([
      ['ios wanted', 'ios other'],
      ['ios wanted', 'web wanted'],
      ['web wanted'],
      [],
    ]);
    for (const watcher of [...watchers, all]) watcher.leave();
    expect((await watch(gateway, '?event=a&event=b')).status).toBe(422);
  });

  it('is only for who sends the token as a header', async () => {
    const url = `${gateway.baseUrl}/admin/v1/events/stream`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(`${url}?token=${gateway.adminToken}&access_token=${gateway.adminToken}`)).status).toBe(401);
  });

  it('drops what a client does not take, tells it how much, and keeps nothing back from the others', async () => {
    const slow = await pausedClient(gateway);
    const quick = await watch(gateway);
    const batches = 30;
    const big = flokitItems('big', 10).map((item) => ({ ...item, properties: { text: 'x'.repeat(100_000) } }));
    for (let batch = 1; batch <= batches; batch++) {
      await sender(ios).accepted(big);
      await until(() => quick.messages.length === batch * big.length, { what: 'the quick client to have it all' });
    }
    slow.resume();
    await until(() => slow.text().includes('"reason":"slow_client"}\n\n'), { what: 'the slow client to be told' });
    // The chunks of HTTP are not those of the stream.
    const blocks = slow
      .text()
      .replace(/\r\n[0-9a-f]+\r\n/g, '')
      .split('\n\n');
    const messages = blocks.filter((block) => /^(id|event): /.test(block)).flatMap(readBlock);
    const dropped = messages.filter(({ event }) => event === 'dropped').map(({ data }) => data);
    const arrived = messages.filter(({ event }) => event === 'event').length;
    expect(dropped).toEqual([{ events: batches * big.length - arrived, reason: 'slow_client' }]);
    expect(arrived).toBeGreaterThan(0);
    quick.leave();
    slow.leave();
  });

  it('ends cleanly with the process', async () => {
    const watcher = await watch(gateway);
    const startedAt = Date.now();
    const exit = gateway.stop();
    await watcher.ended;
    expect(await exit).toEqual({ code: 0, signal: null });
    // Streams that are cut by force are cut after three seconds.
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });
});

/** A client that reads nothing until it is told to. */
async function pausedClient(gateway: Gateway) {
  let text = '';
  const socket: Socket = connect(gateway.port, '127.0.0.1');
  onEnd(() => void socket.destroy());
  socket.write(
    `GET /admin/v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${gateway.adminToken}\r\n\r\n`,
  );
  await new Promise<void>((resolve) => {
    socket.on('data', (part) => {
      text += part.toString('latin1');
      if (!text.includes('from now on')) return;
      socket.pause();
      socket.removeAllListeners('data');
      resolve();
    });
  });
  return {
    text: () => text,
    resume: () => void socket.on('data', (part) => (text += part.toString('latin1'))).resume(),
    leave: () => socket.destroy(),
  };
}

describe('the live tail of several processes', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  const api = (): Promise<Gateway> =>
    startGateway({ env: { ROLE: 'api', REDIS_URL: redis.url, ADMIN_TOKEN: 't', ENCRYPTION_KEY: key } });

  it('shows what another one accepted, and asks Redis nothing while nobody watches', async () => {
    const [one, other] = [await api(), await api()];
    const { credentials } = await admin(one).createSource({ id: 'shared' });
    const here = flokitSender(one.port, credentials.apiKey ?? '');
    const there = flokitSender(other.port, credentials.apiKey ?? '');
    await until(async () => (await there.batch([flokitItem('unwatched')])).status === 200);
    await twoLooks();
    expect(await looks(redis)).toBe(0);

    const watcher = await watch(one);
    const [id] = await there.accepted([flokitItem('elsewhere')]);
    await until(() => watcher.names().includes('elsewhere'));
    await here.accepted([flokitItem('here')]);
    await until(() => watcher.names().length === 2);
    expect(watcher.messages[0]?.id).toBe(id);
    expect(await looks(redis)).toBe(2);

    watcher.leave();
    await twoLooks();
    await here.accepted([flokitItem('unwatched')]);
    await twoLooks();
    expect(await looks(redis)).toBe(2);
  });
});

/** Nothing tells that something does not happen. */
const twoLooks = (): Promise<void> => delay(500);

/** How often somebody looked for fresh segments and found some. */
async function looks({ socketPath }: TestRedis): Promise<number> {
  const stats = await send(socketPath, 'INFO commandstats');
  return Number(/cmdstat_zrangebyscore:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
