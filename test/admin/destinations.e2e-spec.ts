import { startRedis, startSink } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

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
      batch: { maxEvents: 1_000, maxBytes: 1_000_000, maxWaitMs: 1_000 },
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
        hashProperties: ['*_secret'],
        hashIdentity: ['email', 'phone'],
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
      ordering: 'none',
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
      ordering: 'none',
      maxQueuedBytes: 1_000_000,
      paused: 'admin',
      credentials: { bearerToken: 'secret-token-0123456789' },
    });
  });

  it('takes an order to keep', async () => {
    const answer = await app.call('POST', '/destinations', webhook({ ordering: 'per_user' }));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ ordering: 'per_user' });
  });

  it('takes a log destination without a config', async () => {
    expect((await app.call('POST', '/destinations', { name: 'Log', type: 'log' })).status).toBe(201);
  });

  /** It would refuse an email that is none. */
  const klaviyo = (transform: object) => ({
    name: 'Klaviyo',
    type: 'klaviyo',
    config: { baseUrl: 'https://a.klaviyo.com' },
    credentials: { privateKey: 'pk_0123456789' },
    transform,
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
    [webhook({ transform: { hashProperties: ['ok', ''] } }), ['/transform/hashProperties/1']],
    [webhook({ transform: { hashIdentity: ['identity.email'] } }), ['/transform/hashIdentity']],
    [webhook({ transform: { hashIdentity: ['__proto__'] } }), ['/transform/hashIdentity']],
    [
      klaviyo({ hashIdentity: ['user_id', 'phone', 'email'] }),
      ['/transform/hashIdentity/1', '/transform/hashIdentity/2'],
    ],
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

describe('the catalogue', () => {
  it('lists dialects and destination types with their schemas', async () => {
    const dialects = (await app.call('GET', '/dialects')).body.data;
    const names = dialects.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['flokit', 'kixo', 'klaviyo', 'vibefollow']));
    const kixo = dialects[names.indexOf('kixo')];
    expect(kixo?.credentialsSchema.properties).toHaveProperty('projectId');
    expect((await app.call('GET', '/dialects/kixo')).body).toEqual(kixo);
    const { data } = (await app.call('GET', '/destination-types')).body;
    expect(data.map(({ type }) => type)).toEqual(expect.arrayContaining(['log', 'webhook']));
    const one = (await app.call('GET', '/destination-types/webhook')).body;
    expect(one).toMatchObject({ type: 'webhook', configSchema: { required: ['url'] }, limits: { maxEvents: 10_000 } });
    expect((await app.call('GET', '/destination-types/pigeon')).status).toBe(404);
  });
});

describe('testing a destination', () => {
  it('sends nothing while it lacks a credential that its type needs, and names what lacks', async () => {
    const sink = await startSink();
    const incomplete = { id: 'untested', name: 'x', type: 'flokit', config: { baseUrl: sink.url } };
    const before = (await app.call('GET', '/config')).body as unknown as { readonly destinations: readonly object[] };
    await app.call('PUT', '/config', { ...before, destinations: [...before.destinations, incomplete] });
    const answers = [
      await app.call('POST', '/destinations/untested/test'),
      await app.call('POST', '/destinations/untested/resume'),
    ];
    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([409, 'credentials_missing']);
      expect(body.detail).toContain('lacks apiKey');
    }
    expect(sink.requests).toEqual([]);
    await app.call('PATCH', '/destinations/untested', { credentials: { apiKey: 'fk_1' } });
    expect((await app.call('POST', '/destinations/untested/test')).status).toBe(200);
    expect(sink.requests).toHaveLength(1);
  });
});
