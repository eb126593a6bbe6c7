import { startRedis } from '../support/index.js';
import { NO_DELIVERIES, pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
}, 60_000);

const webhook = <T extends object>(members: T = {} as T) => ({
  name: 'Hook',
  type: 'webhook',
  config: { url: 'https://example.com/hook' },
  ...members,
});

describe('creating a destination', () => {
  it('answers 201 with the defaults of its type and the generated secret, shown once', async () => {
    const answer = await app.call('POST', '/destinations', webhook({ name: 'My CRM' }));
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/admin/v1/destinations/my-crm');
    const { signingSecret = '' } = answer.body.credentials;
    expect(signingSecret).toMatch(/^whsec_/);
    const read = (await app.call('GET', '/destinations/my-crm')).body;
    expect(read).toEqual({
      id: 'my-crm',
      name: 'My CRM',
      type: 'webhook',
      config: { url: 'https://example.com/hook' },
      credentials: { signingSecret: { set: true, hint: `…${signingSecret.slice(-4)}` } },
      match: {},
      transform: {},
      batch: { maxEvents: 500, maxBytes: 1_000_000, maxWaitMs: 1_000 },
      rateLimit: null,
      retry: { maxAttempts: 20, maxAgeSeconds: 86_400, minDelayMs: 1_000, maxDelayMs: 3_600_000 },
      timeoutMs: 30_000,
      concurrency: 4,
      ordering: 'none',
      maxQueuedBytes: null,
      paused: false,
      pauseReason: null,
      retiringUntil: null,
      createdAt: answer.body.createdAt,
      updatedAt: answer.body.updatedAt,
    });
    expect(app.configuration.destinations.get('my-crm')?.credentials).toEqual({ signingSecret });
  });

  it('takes every member over', async () => {
    const full = webhook({
      id: 'full',
      credentials: { bearerToken: 'secret-token-0123456789' },
      match: {
        sources: ['ios-app'],
        dialects: ['kixo'],
        events: ['purchase*', 'signup'],
        where: { 'properties.plan': { $ne: 'free' } },
      },
      transform: {
        renameEvents: { signup: 'Signed Up' },
        renameProperties: { plan_id: 'plan' },
        dropProperties: ['internal*'],
        setProperties: { env: 'prod' },
      },
      batch: { maxEvents: 100 },
      rateLimit: [
        { requests: 10, perSeconds: 1 },
        { requests: 150, perSeconds: 60 },
      ],
      retry: { maxAttempts: 3 },
      timeoutMs: 5_000,
      concurrency: 2,
      ordering: 'per_user',
      maxQueuedBytes: 1_000_000,
      paused: true,
    });
    expect((await app.call('POST', '/destinations', full)).status).toBe(201);
    expect(app.configuration.destinations.get('full')).toMatchObject({
      match: full.match,
      transform: full.transform,
      batch: { maxEvents: 100, maxBytes: 1_000_000, maxWaitMs: 1_000 },
      rateLimit: full.rateLimit,
      retry: { maxAttempts: 3, maxAgeSeconds: 86_400 },
      timeoutMs: 5_000,
      concurrency: 2,
      ordering: 'per_user',
      maxQueuedBytes: 1_000_000,
      paused: 'admin',
      credentials: { bearerToken: 'secret-token-0123456789' },
    });
  });

  it('takes a log destination without a config', async () => {
    expect((await app.call('POST', '/destinations', { name: 'Log', type: 'log' })).status).toBe(201);
  });

  const where = (condition: unknown) => webhook({ match: { where: condition } });

  it.each([
    [{ name: 'x' }, ['/type']],
    [{ name: 'x', type: 'carrier-pigeon', config: {} }, ['/type']],
    [{ name: 'x', type: 'webhook', config: {} }, ['/config/url']],
    [{ name: 'x', type: 'webhook', config: { url: 'https://example.com', shape: 1 } }, ['/config/shape']],
    [webhook({ config: 'https://example.com' }), ['/config']],
    [webhook({ colour: 'red' }), ['/colour']],
    [webhook({ match: { colours: ['red'] } }), ['/match/colours']],
    [webhook({ match: { sources: [] } }), ['/match/sources']],
    [webhook({ match: { sources: ['a b'] } }), ['/match/sources']],
    [webhook({ match: { dialects: ['kixo', 'morse'] } }), ['/match/dialects/1']],
    [webhook({ match: { events: ['ok', '{1..9}'] } }), ['/match/events/1']],
    [where({ $where: 'sleep(1)' }), ['/match/where/$where']],
    [where({ 'properties.plan': { $where: 'sleep(1)' } }), ['/match/where/properties.plan/$where']],
    [where({ $or: [{ event: 'a' }, { event: { $regex: '(a+)+$' } }] }), ['/match/where/$or/1/event/$regex']],
    [webhook({ transform: { renameEvents: { a: 5 } } }), ['/transform/renameEvents/a']],
    [webhook({ transform: { dropProperties: [''] } }), ['/transform/dropProperties/0']],
    [webhook({ batch: { maxEvents: 10_001 } }), ['/batch/maxEvents']],
    [webhook({ batch: { maxEvents: 0 } }), ['/batch/maxEvents']],
    [webhook({ batch: { maxBytes: 16_000_001 } }), ['/batch/maxBytes']],
    [webhook({ batch: { maxWait: 5 } }), ['/batch/maxWait']],
    [webhook({ retry: { minDelayMs: 5_000, maxDelayMs: 1_000 } }), ['/retry/minDelayMs']],
    [webhook({ ordering: 'random' }), ['/ordering']],
    [webhook({ maxQueuedBytes: -1 }), ['/maxQueuedBytes']],
    [webhook({ timeoutMs: 0 }), ['/timeoutMs']],
    [webhook({ credentials: { signingSecret: 'too short' } }), ['/credentials/signingSecret']],
    [webhook({ credentials: { password: 'x' } }), ['/credentials/password']],
  ])('refuses %j with its pointer', async (body, pointers) => {
    const answer = await app.call('POST', '/destinations', body);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual(pointers);
  });

  it.each([
    'http://10.0.0.1/',
    'http://[::1]/',
    'http://0x0a.1/',
    'http://169.254.169.254/latest/meta-data',
    'https://user:pass@example.com/',
  ])('refuses %s as an address', async (url) => {
    const answer = await app.call('POST', '/destinations', webhook({ config: { url } }));
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual(['/config/url']);
    expect(answer.text).not.toContain('user:pass');
  });

  it('takes a loopback address that the operator allows', async () => {
    const answer = await app.call('POST', '/destinations', webhook({ config: { url: 'http://127.0.0.1:9/hook' } }));
    expect(answer.status).toBe(201);
  });

  it('does no harm with __proto__', async () => {
    const text = '{"name":"x","type":"log","config":{"__proto__":{"polluted":true}}}';
    const answer = await app.call('POST', '/destinations', text);
    expect([400, 422]).toContain(answer.status);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('changing a destination', () => {
  it('PATCH changes what it names and leaves the rest to the defaults of the type', async () => {
    await app.call('PUT', '/destinations/patched', webhook({ batch: { maxEvents: 10 }, match: { events: ['a'] } }));
    const secret = app.configuration.destinations.get('patched')?.credentials.signingSecret;
    const changed = await app.call('PATCH', '/destinations/patched', {
      batch: { maxWaitMs: 5 },
      match: { sources: ['s'] },
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      batch: { maxEvents: 10, maxBytes: 1_000_000, maxWaitMs: 5 },
      match: { events: ['a'], sources: ['s'] },
    });
    const reset = await app.call('PATCH', '/destinations/patched', { batch: null, match: { events: null } });
    expect(reset.body).toMatchObject({ batch: { maxEvents: 500 }, match: { sources: ['s'] } });
    expect(reset.body.match).not.toHaveProperty('events');
    expect(app.configuration.destinations.get('patched')?.credentials.signingSecret).toBe(secret);
  });

  it('takes its own answer back unchanged', async () => {
    await app.call('PUT', '/destinations/echo', webhook({ rateLimit: { requests: 5, perSeconds: 1 } }));
    const shown = await app.call('GET', '/destinations/echo');
    const before = app.configuration.destinations.get('echo');
    const answer = await app.call('PUT', '/destinations/echo', shown.body);
    expect(answer.status).toBe(200);
    const { updatedAt: _, ...unchanged } = shown.body;
    expect(answer.body).toMatchObject(unchanged);
    expect(app.configuration.destinations.get('echo')?.credentials).toEqual(before?.credentials);
  });

  it('removes a credential by null', async () => {
    await app.call('PUT', '/destinations/bearer', webhook({ credentials: { bearerToken: 'secret-token' } }));
    const answer = await app.call('PATCH', '/destinations/bearer', { credentials: { bearerToken: null } });
    expect(answer.body.credentials).not.toHaveProperty('bearerToken');
    expect(answer.body.credentials).toHaveProperty('signingSecret');
  });

  it('pauses and resumes; a PUT in between changes nothing of that', async () => {
    await app.call('PUT', '/destinations/held', webhook());
    const paused = await app.call('POST', '/destinations/held/pause', undefined, {
      'content-type': 'application/json',
    });
    expect([paused.status, paused.body.paused, paused.body.pauseReason]).toEqual([200, true, 'admin']);
    await app.call('PUT', '/destinations/held', webhook({ name: 'Renamed' }));
    expect(app.configuration.destinations.get('held')).toMatchObject({ name: 'Renamed', paused: 'admin' });
    const resumed = await app.call('POST', '/destinations/held/resume');
    expect([resumed.status, resumed.body.paused]).toEqual([200, false]);
    expect((await app.call('POST', '/destinations/absent/pause')).status).toBe(404);
  });

  it('does not change its type while events wait', async () => {
    await app.call('PUT', '/destinations/typed', webhook());
    app.deliveries.statsOf.set('typed', { ...NO_DELIVERIES, waiting: 3 });
    const log = { name: 'x', type: 'log', config: {} };
    const answer = await app.call('PUT', '/destinations/typed', log);
    expect([answer.status, answer.body.code, answer.body.waiting]).toEqual([409, 'events_waiting', 3]);
    app.deliveries.statsOf.delete('typed');
    const changed = await app.call('PUT', '/destinations/typed', log);
    expect([changed.status, changed.body.credentials]).toEqual([200, {}]);
  });
});

describe('rotating a signing secret', () => {
  it('keeps the old one for the overlap', async () => {
    const created = await app.call('PUT', '/destinations/rotated', webhook());
    const old = created.body.credentials.signingSecret;
    const answer = await app.call('POST', '/destinations/rotated/rotate', { overlapSeconds: 3600 });
    expect(answer.status).toBe(200);
    const fresh = answer.body.credentials.signingSecret;
    expect(fresh).toMatch(/^whsec_/);
    expect(fresh).not.toBe(old);
    expect(answer.body.retiringUntil).not.toBeNull();
    expect(app.configuration.destinations.get('rotated')).toMatchObject({
      credentials: { signingSecret: fresh },
      retiring: { credentials: { signingSecret: old } },
    });
  });

  it('refuses types without one', async () => {
    await app.call('PUT', '/destinations/plain', { name: 'x', type: 'log', config: {} });
    const answer = await app.call('POST', '/destinations/plain/rotate');
    expect([answer.status, answer.body.code]).toEqual([409, 'not_rotatable']);
  });
});

describe('deleting a destination', () => {
  it('is refused while events wait, unless they may be dropped', async () => {
    await app.call('PUT', '/destinations/loaded', webhook());
    app.deliveries.statsOf.set('loaded', { ...NO_DELIVERIES, waiting: 42 });
    const refused = await app.call('DELETE', '/destinations/loaded');
    expect([refused.status, refused.body.code, refused.body.waiting]).toEqual([409, 'events_waiting', 42]);
    expect(refused.body.detail).toContain('42');
    expect((await app.call('DELETE', '/destinations/loaded?discard=perhaps')).status).toBe(422);
    expect(app.deliveries.discarded).not.toContain('loaded');
    expect((await app.call('DELETE', '/destinations/loaded?discard=true')).status).toBe(204);
    expect(app.deliveries.discarded).toContain('loaded');
    expect(app.configuration.destinations.has('loaded')).toBe(false);
    expect((await app.call('DELETE', '/destinations/loaded?discard=true')).status).toBe(404);
  });
});

describe('what goes on at a destination', () => {
  it('shows its stats', async () => {
    await app.call('PUT', '/destinations/counted', webhook());
    const stats = { ...NO_DELIVERIES, delivered: 7, retrying: 1, waiting: 2 };
    app.deliveries.statsOf.set('counted', stats);
    expect((await app.call('GET', '/destinations/counted/stats')).body).toEqual(stats);
    expect((await app.call('GET', '/destinations/absent/stats')).status).toBe(404);
  });

  it('lists and discards dead letters', async () => {
    const letter = (id: string, destinationId: string) => ({
      id,
      destinationId,
      event: {
        id: 'evt_00000000000000000001',
        type: 'track' as const,
        event: 'a',
        user_id: 'u',
        anonymous_id: null,
        timestamp: '2026-05-01T10:00:05.000Z',
        received_at: '2026-05-01T10:00:05.000Z',
        properties: {},
        source: { id: 's', dialect: 'flokit' },
      },
      reason: { code: 'invalid', detail: 'no' },
      lastResponse: { status: 400, body: 'no' },
      attempts: 1,
      at: '2026-05-01T10:00:06.000Z',
    });
    app.deliveries.letters = [letter('one.1', 'one'), letter('two.1', 'two'), letter('one.2', 'one')];
    const first = (await app.call('GET', '/dead-letters?destinationId=one&limit=1')).body;
    expect(first).toEqual({ data: [letter('one.1', 'one')], nextCursor: 'one.1' });
    const second = (await app.call('GET', '/dead-letters?destinationId=one&limit=1&cursor=one.1')).body;
    expect(second).toEqual({ data: [letter('one.2', 'one')], nextCursor: null });
    expect((await app.call('DELETE', '/dead-letters/one.1')).status).toBe(204);
    expect((await app.call('DELETE', '/dead-letters/one.1')).status).toBe(404);
    expect((await app.call('GET', '/dead-letters?limit=0')).status).toBe(422);
  });
});

describe('the catalogue', () => {
  it('lists dialects and destination types with their schemas', async () => {
    const dialects = (await app.call('GET', '/dialects')).body.data;
    expect(dialects.map(({ name }) => name)).toEqual(['flokit', 'kixo', 'klaviyo', 'vibefollow']);
    expect(dialects[1]?.credentialsSchema.properties).toHaveProperty('projectId');
    expect((await app.call('GET', '/dialects/kixo')).body).toEqual(dialects[1]);
    const { data } = (await app.call('GET', '/destination-types')).body;
    expect(data.map(({ type }) => type)).toEqual(expect.arrayContaining(['log', 'webhook']));
    const one = (await app.call('GET', '/destination-types/webhook')).body;
    expect(one).toMatchObject({ type: 'webhook', configSchema: { required: ['url'] }, limits: { maxEvents: 10_000 } });
    expect((await app.call('GET', '/destination-types/pigeon')).status).toBe(404);
  });
});
