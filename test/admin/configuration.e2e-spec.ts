import { startRedis, until, type TestRedis } from '../support/index.js';
import { send } from '../support/redis.js';
import { startAdminApp, type AdminApp } from './admin-app.js';

const WITHIN_A_SECOND = { timeoutMs: 1_000 };

describe('two processes on one store', () => {
  let redis: TestRedis;
  let one: AdminApp;
  let other: AdminApp;

  beforeAll(async () => {
    redis = await startRedis();
    one = await startAdminApp(redis);
    other = await startAdminApp(redis);
  }, 60_000);

  it('see each other’s changes within a second', async () => {
    let changes = 0;
    const stop = other.configuration.onChange(() => changes++);
    await one.call('PUT', '/sources/a', { name: 'A', dialect: 'flokit', credentials: { apiKey: 'fk_a' } });
    await until(() => other.configuration.source('flokit', 'fk_a'), WITHIN_A_SECOND);
    await one.call('PUT', '/destinations/d', { name: 'D', type: 'log', config: {} });
    await until(() => other.configuration.destinations.get('d'), WITHIN_A_SECOND);
    await one.call('POST', '/destinations/d/pause');
    await until(() => other.configuration.destinations.get('d')?.paused === 'admin', WITHIN_A_SECOND);
    await one.call('DELETE', '/sources/a');
    await until(() => other.configuration.source('flokit', 'fk_a') === undefined, WITHIN_A_SECOND);
    expect(changes).toBeGreaterThanOrEqual(4);
    stop();
  });

  it('find changes by looking where messages got lost', async () => {
    await send(redis.socketPath, 'CLIENT KILL TYPE pubsub');
    await one.call('PUT', '/sources/unheard', { name: 'x', dialect: 'flokit' });
    await until(() => other.configuration.sources.has('unheard'), WITHIN_A_SECOND);
  });

  it('lose nothing when both write at once', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `both-${index}`);
    const answers = await Promise.all(
      ids.map((id, index) =>
        (index % 2 === 0 ? one : other).call('PUT', `/sources/${id}`, { name: id, dialect: 'flokit' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 201));
    await until(() => ids.every((id) => one.configuration.sources.has(id) && other.configuration.sources.has(id)));
  });

  it('let only one of them take a credential', async () => {
    const body = (name: string) => ({ name, dialect: 'flokit', credentials: { apiKey: 'fk_contended' } });
    const answers = await Promise.all([
      one.call('POST', '/sources', body('L')),
      other.call('POST', '/sources', body('R')),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  it('keep the object of what did not change', async () => {
    const before = one.configuration.destinations.get('d');
    await other.call('PUT', '/sources/elsewhere', { name: 'x', dialect: 'flokit' });
    await until(() => one.configuration.sources.has('elsewhere'));
    expect(one.configuration.destinations.get('d')).toBe(before);
  });
});

describe('secrets at rest', () => {
  it('are nowhere in Redis in clear', async () => {
    const redis = await startRedis();
    const app = await startAdminApp(redis);
    await app.call('PUT', '/sources/s', { name: 's', dialect: 'flokit', credentials: { apiKey: 'fk_plain_secret' } });
    await app.call('POST', '/sources/s/rotate', { overlapSeconds: 60, credentials: { apiKey: 'fk_next_secret' } });
    await app.call('PUT', '/destinations/d', {
      name: 'd',
      type: 'webhook',
      config: { url: 'https://example.com' },
      credentials: { bearerToken: 'bearer_secret' },
    });
    const stored = [
      await send(redis.socketPath, 'HGETALL gw:{cfg}:sources'),
      await send(redis.socketPath, 'HGETALL gw:{cfg}:destinations'),
    ].join('');
    expect(stored).toContain('apiKey');
    expect(stored).not.toMatch(/fk_plain_secret|fk_next_secret|bearer_secret/);
  });

  it('stop the start of a process with another key', async () => {
    const redis = await startRedis();
    const first = await startAdminApp(redis);
    await first.call('PUT', '/sources/s', { name: 's', dialect: 'flokit', credentials: { apiKey: 'fk_s' } });
    await expect(startAdminApp(redis, { encryptionKey: Buffer.alloc(32, 8) })).rejects.toThrow(
      /^ENCRYPTION_KEY does not fit the stored configuration/,
    );
    const again = await startAdminApp(redis);
    expect(again.configuration.source('flokit', 'fk_s')?.source.id).toBe('s');
  });
});

describe('the demo configuration', () => {
  it('is created once, by one of several processes, in an empty store only', async () => {
    const redis = await startRedis();
    const apps = [await startAdminApp(redis), await startAdminApp(redis)];
    const created = await Promise.all(apps.map(({ demo }) => demo.createInEmptyStore()));
    expect(created.sort()).toEqual([false, true]);
    const [app] = apps;
    expect([...(app?.configuration.sources.keys() ?? [])]).toEqual(
      expect.arrayContaining(['demo-flokit', 'demo-kixo', 'demo-klaviyo', 'demo-vibefollow']),
    );
    expect(app?.configuration.destinations.get('demo-log')?.type).toBe('log');
    for (const { id } of app?.configuration.sources.values() ?? []) await app?.call('DELETE', `/sources/${id}`);
    expect(await app?.demo.createInEmptyStore()).toBe(false);
    expect(app?.configuration.sources.size).toBe(0);
  });
});
