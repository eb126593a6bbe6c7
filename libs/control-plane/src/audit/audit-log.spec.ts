import { createLog } from '#platform';
import { connectRedis, startRedis, startRedisCluster, type TestRedis } from '../../../../test/support/index.js';
import { writeEntry } from './audit-entry.js';
import { AuditLog } from './audit-log.js';
import { APPEND_AUDIT, AUDIT_KEY } from './audit.scripts.js';
import type { Author } from './author.js';

const author: Author = { id: 'ops', name: 'Ops', origin: null };
const act = { action: 'create', target: { kind: 'erasure', id: 'e-1' } };

async function auditLogOn(address: { readonly url: string }) {
  const redis = await connectRedis(address);
  return { redis, audit: new AuditLog(redis, createLog({ level: 'silent', pretty: false })) };
}

async function outcomes(audit: AuditLog): Promise<readonly string[]> {
  return (await audit.list({ limit: 250 })).items.map(({ outcome }) => outcome);
}

describe('the audit log', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });

  it('has the entry before the work begins, and its end afterwards', async () => {
    const { audit } = await auditLogOn(server);
    const seen = await audit.around(author, act, () => outcomes(audit));
    expect(seen).toEqual(['under_way']);
    expect(await outcomes(audit)).toEqual(['done']);
    const failing = audit.around(author, act, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await outcomes(audit)).toEqual(['failed', 'done']);
  });

  it('goes on saying that the end is not known where the store went away meanwhile', async () => {
    const { audit } = await auditLogOn(server);
    await audit.around(author, act, () => server.kill());
    await server.start();
    await (await auditLogOn(server)).redis.ready(10_000);
    expect((await outcomes((await auditLogOn(server)).audit))[0]).toBe('under_way');
  });

  it('lets nothing be done that cannot be noted', async () => {
    const { audit, redis } = await auditLogOn(server);
    redis.close();
    let done = false;
    const work = (): Promise<boolean> => Promise.resolve((done = true));
    await expect(audit.around(author, act, work)).rejects.toMatchObject({ fault: { kind: 'store_unavailable' } });
    expect(done).toBe(false);
  });

  it.each(['one server', 'a cluster'])('keeps its bounds of bytes and age on %s', async (where) => {
    const { audit, redis } = await auditLogOn(where === 'a cluster' ? await startRedisCluster() : await startRedis());
    const entry = (at: number): string => writeEntry({ author, act, at, outcome: 'done' });
    const now = Date.now();
    const bytes = entry(now).length;
    const add = (maxBytes: number, oldest: number, ...at: readonly number[]): Promise<unknown> =>
      APPEND_AUDIT.run(redis.shared, [AUDIT_KEY], [maxBytes, oldest, ...at.map(entry)]);
    const kept = async (): Promise<readonly string[]> => (await audit.list({ limit: 250 })).items.map(({ id }) => id);

    expect(await add(1_000_000, 0, now - 5_000, now - 4_000, now - 3_000, now)).toBe(4);
    await add(1_000_000, now - 3_500, now);
    expect(await kept()).toEqual(['aud_5', 'aud_4', 'aud_3']);
    await add(2 * bytes, 0, now);
    expect(await kept()).toEqual(['aud_6', 'aud_5']);
    await add(1, 0, now);
    expect(await kept()).toEqual(['aud_7']);
    expect(await redis.shared.hgetall(AUDIT_KEY)).toEqual({
      first: '7',
      last: '7',
      bytes: String(bytes),
      7: entry(now),
    });
    await audit.around(author, act, () => Promise.resolve());
    const { bytes: counted, ...fields } = await redis.shared.hgetall(AUDIT_KEY);
    expect(counted).toBe(String((fields[7]?.length ?? 0) + (fields[8]?.length ?? 0)));
  });
});
