import { createServer, type Socket } from 'node:net';
import { connectRedis, onEnd, startRedis, until } from '../../../../test/support/index.js';

const bulk = (...texts: readonly string[]): string =>
  `*${texts.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`;

/** A Sentinel as far as a client needs one. Its answer can be held back, and a new master be announced meanwhile. */
async function startSentinel(masterPort: number) {
  const sockets = new Set<Socket>();
  const subscribers = new Set<Socket>();
  const held: (() => void)[] = [];
  let isHolding = false;
  const answer = (socket: Socket, name: string, words: readonly string[]): void => {
    if (name === 'subscribe') {
      subscribers.add(socket);
      socket.write(`*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n`);
    } else if (name !== 'sentinel') socket.write(name === 'hello' ? '-NOPROTO no such protocol\r\n' : '+OK\r\n');
    else if (!words.includes('get-master-addr-by-name')) socket.write('*0\r\n');
    else {
      const tell = (): void => void socket.write(bulk('127.0.0.1', String(masterPort)));
      if (isHolding) held.push(tell);
      else tell();
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket);
        subscribers.delete(socket);
      });
    socket.on('data', (chunk) => {
      for (const command of chunk
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        const words = command.split('\r\n').filter((_, i) => i % 2 === 1);
        answer(socket, (words[0] ?? '').toLowerCase(), words);
      }
    });
  }).listen(0, '127.0.0.1');
  await until(() => server.listening);
  onEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    subscribers,
    held,
    hold: () => (isHolding = true),
    announce: () => subscribers.forEach((socket) => socket.write(bulk('message', '+switch-master', 'shop a 1 b 2'))),
    /** What was asked meanwhile is never answered. */
    forget: () => {
      isHolding = false;
      held.length = 0;
    },
    release: () => {
      isHolding = false;
      for (const tell of held.splice(0)) tell();
    },
  };
}

describe('a client by way of Sentinel', () => {
  it('asks again where a Sentinel never answers', async () => {
    const redis = await startRedis();
    const sentinel = await startSentinel(redis.port);
    const queues = (await connectRedis({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/shop` })).forQueues();
    await until(() => queues.status === 'ready', { what: 'a connection' });
    sentinel.hold();
    await queues.call('CLIENT', 'KILL', 'ID', String(await queues.call('CLIENT', 'ID')), 'SKIPME', 'no');
    await until(() => sentinel.held.length === 1, { what: 'the master to be asked for' });
    sentinel.forget();
    await until(() => queues.status === 'ready', { what: 'a connection again' });
  });

  it('is there again where a new master is announced while it asks for it', async () => {
    const redis = await startRedis();
    const sentinel = await startSentinel(redis.port);
    const connections = await connectRedis({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/shop` });
    const queues = connections.forQueues();
    await until(() => queues.status === 'ready' && sentinel.subscribers.size === 3, { what: 'all to follow' });

    sentinel.hold();
    for (const client of [connections.ingest, connections.shared, queues]) {
      await client.call('CLIENT', 'KILL', 'ID', String(await client.call('CLIENT', 'ID')), 'SKIPME', 'no');
    }
    await until(() => sentinel.held.length === 3, { what: 'all to ask for the master' });
    sentinel.announce();
    sentinel.release();
    await connections.ready(10_000);
    expect(await queues.ping()).toBe('PONG');
  });

  it('stays closed where it is closed meanwhile', async () => {
    const redis = await startRedis();
    const sentinel = await startSentinel(redis.port);
    const connections = await connectRedis({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/shop` });
    sentinel.hold();
    const { shared } = connections;
    await shared.call('CLIENT', 'KILL', 'ID', String(await shared.call('CLIENT', 'ID')), 'SKIPME', 'no');
    await until(() => sentinel.held.length === 1, { what: 'it to ask for the master' });
    connections.close();
    sentinel.release();
    await until(() => shared.status === 'end');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(shared.status).toBe('end');
  });
});
