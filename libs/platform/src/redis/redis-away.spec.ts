import { startRedis } from '../../../../test/support/index.js';
import { isRedisAway } from './redis-away.js';
import { RedisConnections } from './redis-connections.js';

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('whether Redis is away', () => {
  it('shows in the errors of a server that hangs, dies and is gone', async () => {
    const server = await startRedis();
    const connections = new RedisConnections({ url: server.url });
    try {
      await connections.ready(10_000);
      for (const client of [connections.shared, connections.ingest]) {
        server.freeze();
        const hung = await failureOf(client.get('x'));
        server.thaw();
        expect(isRedisAway(hung)).toBe(true);
      }
      server.freeze();
      const cut = [failureOf(connections.shared.get('x')), failureOf(connections.ingest.get('x'))];
      await server.kill();
      for (const error of await Promise.all(cut)) expect(isRedisAway(error)).toBe(true);
      for (const client of [connections.shared, connections.ingest]) {
        expect(isRedisAway(await failureOf(client.get('x')))).toBe(true);
      }
      connections.close();
      expect(isRedisAway(await failureOf(connections.shared.get('x')))).toBe(true);
    } finally {
      connections.close();
    }
  });

  it.each(['LOADING Redis is loading', 'OOM command not allowed', 'CLUSTERDOWN Hash slot', 'READONLY You can'])(
    'shows in the reply %s',
    (message) => {
      expect(isRedisAway({ name: 'ReplyError', message })).toBe(true);
    },
  );

  it.each([
    { name: 'ReplyError', message: 'WRONGTYPE Operation against a key' },
    { name: 'ReplyError', message: 'ERR wrong number of arguments' },
    { name: 'TypeError', message: 'x is not a function' },
    { name: 'Error', message: 'no such file', code: 'ENOENT' },
    'Command timed out',
    undefined,
  ])('does not show in %j', (error) => {
    expect(isRedisAway(error)).toBe(false);
  });
});
