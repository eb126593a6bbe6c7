import { randomBytes } from 'node:crypto';
import {
  admin,
  flokitItem,
  flokitSender,
  send,
  startGateway,
  startRedis,
  until,
  type Gateway,
} from '../support/index.js';

const newKey = (): string => randomBytes(32).toString('base64');
const [a, b, c] = [newKey(), newKey(), newKey()];
const ADMIN_TOKEN = 'rotation-admin-token';

describe('a new encryption key', () => {
  it('takes over from the one before, and then stands alone', async () => {
    const redis = await startRedis();
    const start = (env: Readonly<Record<string, string>>, untilReady = true): Promise<Gateway> =>
      startGateway({ env: { REDIS_URL: redis.url, ADMIN_TOKEN, ...env }, untilReady });
    const stored = async (): Promise<string> =>
      [
        await send(redis.socketPath, 'HVALS gw:{cfg}:sources'),
        await send(redis.socketPath, 'HVALS gw:{cfg}:destinations'),
        await send(redis.socketPath, 'GET gw:{cfg}:keycheck'),
      ].join('');
    const keyIds = async (): Promise<ReadonlySet<string | undefined>> =>
      new Set([...(await stored()).matchAll(/a1\.([0-9a-f]{8})\./g)].map(([, id]) => id));
    const sends = async (gateway: Gateway): Promise<void> => {
      for (const key of ['fk_rotating', 'fk_retired']) {
        expect(await flokitSender(gateway.port, key).accepted([flokitItem('sealed')])).toHaveLength(1);
      }
    };

    const first = await start({ ENCRYPTION_KEY: a });
    const api = admin(first);
    await api.createSource({ id: 's', credentials: { apiKey: 'fk_retired' } });
    await api.ask('POST', '/sources/s/rotate', { overlapSeconds: 3_600, credentials: { apiKey: 'fk_rotating' } });
    const { credentials } = await api.createDestination({ id: 'd', config: { url: 'http://127.0.0.1:1/' } });
    await api.ask('POST', '/destinations/d/rotate', { overlapSeconds: 3_600 });
    const [idOfA] = await keyIds();
    await first.stop();

    const alone = await start({ ENCRYPTION_KEY: b }, false);
    expect((await alone.exited).code).toBe(1);
    expect(alone.output()).toContain('ENCRYPTION_KEY does not fit the stored configuration');
    const stranger = await start({ ENCRYPTION_KEY: b, ENCRYPTION_KEY_PREVIOUS: c }, false);
    expect((await stranger.exited).code).toBe(1);
    expect([...(await keyIds())]).toEqual([idOfA]);

    const [second, twin] = await Promise.all([
      start({ ENCRYPTION_KEY: b, ENCRYPTION_KEY_PREVIOUS: `${c},${a}` }),
      start({ ENCRYPTION_KEY: b, ENCRYPTION_KEY_PREVIOUS: a, ROLE: 'worker' }),
    ]);
    await sends(second);
    expect([...(await keyIds())]).toHaveLength(1);
    expect([...(await keyIds())]).not.toContain(idOfA);
    const audited = (await admin(second).ask('GET', '/audit?action=re-encrypt')).body;
    expect(audited).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ target: { kind: 'source', id: 's' }, actor: { id: 'gateway', name: 'gateway' } }),
        expect.objectContaining({ target: { kind: 'destination', id: 'd' }, origin: null }),
      ]) as unknown,
    });
    expect((audited as { readonly data: readonly unknown[] }).data).toHaveLength(2);
    await Promise.all([second.stop(), twin.stop()]);

    const third = await start({ ENCRYPTION_KEY: b });
    await sends(third);
    const shown = (await admin(third).ask('GET', '/destinations/d')).body as { readonly retiringUntil: string | null };
    expect(shown.retiringUntil).not.toBeNull();
    expect(third.output() + JSON.stringify(audited)).not.toContain(credentials.signingSecret);
    await third.stop();

    const old = await start({ ENCRYPTION_KEY: a }, false);
    expect((await old.exited).code).toBe(1);
    await until(() => old.output().includes('does not fit'));
  }, 120_000);
});
