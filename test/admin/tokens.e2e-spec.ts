import { connectRedis, startRedis, until, type TestRedis } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp, type Answer } from './admin-app.js';

let redis: TestRedis;
let app: AdminApp;
/** Another process on the same store. */
let other: AdminApp;

interface Issued {
  readonly id: string;
  readonly token: string;
}

const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

async function issue(fields: Readonly<Record<string, unknown>>): Promise<Issued> {
  const answer = await app.call('POST', '/tokens', fields);
  expect(answer.status).toBe(201);
  return answer.body as unknown as Issued;
}

const statusOf = async (at: AdminApp, token: string): Promise<number> =>
  (await at.call('GET', '/me', undefined, bearing(token))).status;

beforeAll(async () => {
  redis = await startRedis();
  app = await startAdminApp(redis);
  other = await startAdminApp(redis);
}, 60_000);

describe('an admin token', () => {
  it('is shown once, and opens every process within a second', async () => {
    const answer = await app.call('POST', '/tokens', { name: 'CI deploys', role: 'admin' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/admin/v1/tokens/ci-deploys');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { token } = answer.body as unknown as Issued;
    expect(token).toMatch(/^gw_admin_[A-Za-z0-9_-]{43}$/);
    expect(answer.body).toEqual({
      id: 'ci-deploys',
      name: 'CI deploys',
      role: 'admin',
      hint: `…${token.slice(-4)}`,
      createdBy: 'root',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      expiresAt: null,
      expired: false,
      token,
    });
    expect(await statusOf(app, token)).toBe(200);
    await until(async () => (await statusOf(other, token)) === 200, { timeoutMs: 1_000 });
    for (const path of ['/tokens', '/tokens/ci-deploys', '/audit', '/config']) {
      expect((await app.call('GET', path)).text).not.toContain(token.slice('gw_admin_'.length));
    }
  });

  it('tells who bears it', async () => {
    const { token } = await issue({
      id: 'v1',
      name: 'Support',
      role: 'viewer',
      expiresAt: '2999-01-01T01:00:00+01:00',
    });
    const me = async (headers = {}): Promise<unknown> => (await app.call('GET', '/me', undefined, headers)).body;
    expect(await me(bearing(token))).toEqual({
      id: 'v1',
      name: 'Support',
      role: 'viewer',
      expiresAt: '2999-01-01T00:00:00.000Z',
    });
    expect(await me()).toEqual({ id: 'root', name: 'root', role: 'admin', expiresAt: null });
  });

  it('names its bearer in the audit log', async () => {
    const { token } = await issue({ id: 'operator', name: 'Operator', role: 'admin' });
    await app.call('PUT', '/sources/made', { name: 'Made', dialect: 'flokit' }, bearing(token));
    const { data } = (await app.call('GET', '/audit?actor=operator')).body;
    expect(data).toMatchObject([
      { action: 'create', target: { kind: 'source', id: 'made' }, actor: { id: 'operator', name: 'Operator' } },
    ]);
    const issued = (await app.call('GET', '/audit?target=token/operator')).body.data;
    expect(issued).toMatchObject([{ action: 'create', actor: { id: 'root' } }]);
  });

  it('stops working everywhere within a second of its deletion, its streams too', async () => {
    const { id, token } = await issue({ name: 'Leaver', role: 'viewer' });
    const until200 = async (): Promise<boolean> => (await statusOf(other, token)) === 200;
    await until(until200);
    const stream = await fetch(`${other.baseUrl}/admin/v1/events/stream`, { headers: bearing(token) });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    expect((await app.call('DELETE', `/tokens/${id}`)).status).toBe(204);
    expect(await statusOf(app, token)).toBe(401);
    await until(async () => (await statusOf(other, token)) === 401, { timeoutMs: 1_000 });
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('it is still open'), 3_000).unref());
    expect(await Promise.race([ended, late])).toMatch(/^: the events/);
    expect((await app.call('GET', `/tokens/${id}`)).status).toBe(404);
    expect((await app.call('DELETE', `/tokens/${id}`)).status).toBe(404);
  });

  it('stops working when its time is over, its streams too', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { token } = await issue({ id: 'brief', name: 'Brief', role: 'admin', expiresAt });
    expect(await statusOf(app, token)).toBe(200);
    const stream = await fetch(`${app.baseUrl}/admin/v1/events/stream`, { headers: bearing(token) });
    expect(await stream.text()).toMatch(/^: the events/);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect(await statusOf(app, token)).toBe(401);
    expect((await app.call('GET', '/tokens/brief')).body).toMatchObject({ id: 'brief', expired: true });
  });

  it('works while the store is away', async () => {
    const { token } = await issue({ name: 'Steady', role: 'viewer' });
    await redis.kill();
    expect(await statusOf(app, token)).toBe(200);
    await redis.start();
    await until(async () => (await app.call('GET', '/tokens')).status === 200);
  });

  it.each([
    [{ role: 'admin' }, ['/name']],
    [{ name: ' ', role: 'admin' }, ['/name']],
    [{ name: 'x' }, ['/role']],
    [{ name: 'x', role: 'owner' }, ['/role']],
    [{ name: 'x', role: 'admin', expiresAt: 'tomorrow' }, ['/expiresAt']],
    [{ name: 'x', role: 'admin', expiresAt: '20991129T100000Z' }, ['/expiresAt']],
    [{ name: 'x', role: 'admin', expiresAt: '2099-11-29T10Z' }, ['/expiresAt']],
    [{ name: 'x', role: 'admin', expiresAt: '' }, ['/expiresAt']],
    [{ name: 'x', role: 'admin', expiresAt: '2020-01-01T00:00:00Z' }, ['/expiresAt']],
    [{ name: 'x', role: 'admin', id: 'root' }, ['/id']],
    [{ name: 'x', role: 'admin', id: 'config-file' }, ['/id']],
    [{ name: 'x', role: 'admin', id: 'a/b' }, ['/id']],
    [{ name: 'x', role: 'admin', token: 'mine' }, ['/token']],
  ])('is not made from %j', async (fields, pointers) => {
    const answer = await app.call('POST', '/tokens', fields);
    expect([answer.status, pointersOf(answer)]).toEqual([422, pointers]);
  });

  it('never takes the place of another or of the holder of ADMIN_TOKEN', async () => {
    await issue({ id: 'taken', name: 'Taken', role: 'viewer' });
    const again = await app.call('POST', '/tokens', { id: 'taken', name: 'x', role: 'admin' });
    expect([again.status, again.body.code]).toEqual([409, 'already_exists']);
    expect((await issue({ name: 'Root', role: 'viewer' })).id).not.toBe('root');
  });

  it('lies in the store as a digest only', async () => {
    const { token } = await issue({ name: 'Digest', role: 'admin' });
    const connections = await connectRedis({ url: redis.url });
    const stored = JSON.stringify(await connections.shared.hgetall('gw:{cfg}:tokens'));
    expect(stored).toContain('"Digest');
    expect(stored).not.toContain(token.slice('gw_admin_'.length));
  });
});

describe('a viewer', () => {
  let viewer: Readonly<Record<string, string>>;
  beforeAll(async () => {
    viewer = bearing((await issue({ id: 'reader', name: 'Reader', role: 'viewer' })).token);
  });

  const operations = async (): Promise<readonly (readonly [method: string, path: string])[]> => {
    const document = (await (await fetch(`${app.baseUrl}/openapi.json`)).json()) as {
      readonly paths: Readonly<Record<string, object>>;
    };
    return Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/admin/v1'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));
  };
  const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
    app.call(method, path.replace('/admin/v1', '').replace('{id}', 'made'), body, viewer);

  it('may change nothing, whatever the call', async () => {
    const changing = (await operations()).filter(([method]) => method !== 'GET');
    const open: string[] = [];
    for (const [method, path] of changing) {
      const answer = await ask(method, path, method === 'DELETE' ? undefined : {});
      if (answer.status === 403) expect(answer.body).toMatchObject({ status: 403, code: 'viewers_may_not_change' });
      else open.push(`${method} ${path}`);
    }
    expect(changing.length).toBeGreaterThan(15);
    expect(open).toEqual(['POST /admin/v1/preview']);
    expect((await app.call('GET', '/audit?actor=reader')).body.data).toEqual([]);
  });

  it('may read everything', async () => {
    const reading = (await operations()).filter(([method, path]) => method === 'GET' && !path.endsWith('/stream'));
    expect(reading.length).toBeGreaterThan(12);
    for (const [method, path] of reading) expect([200, 404]).toContain((await ask(method, path)).status);
  });

  it('may ask what a change would do', async () => {
    await app.call('PUT', '/destinations/r', { name: 'R', type: 'webhook', config: { url: 'http://127.0.0.1:1/' } });
    const document = { sources: [], destinations: [] };
    expect((await ask('PUT', '/config?dryRun=true', document)).body).toMatchObject({ created: [] });
    expect((await ask('PUT', '/config?dryRun=false', document)).status).toBe(403);
    expect((await ask('PUT', '/config?dryRun=true&dryRun=false', document)).status).toBe(403);
    const order = { destinationId: 'r', from: 'dead-letters' };
    expect((await ask('POST', '/replays', { ...order, dryRun: true })).status).toBe(201);
    expect((await ask('POST', '/replays', { ...order, dryRun: false })).status).toBe(403);
    expect((await ask('POST', '/replays', { ...order, dryRun: 'true' })).status).toBe(403);
    expect((await app.call('GET', '/destinations/r')).status).toBe(200);
  });
});
