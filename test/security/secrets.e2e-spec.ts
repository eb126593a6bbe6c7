import { randomBytes } from 'node:crypto';
import {
  admin,
  dialectClients,
  dumpRedis,
  onEnd,
  report,
  startGateway,
  startRedis,
  startSink,
  until,
  type Gateway,
  type Sink,
  type TestRedis,
} from '../support/index.js';
import { leaks, spellingsOf, type Output } from './secret-spellings.js';

const made = (prefix: string, encoding: 'hex' | 'base64' = 'hex'): string =>
  `${prefix}${randomBytes(24).toString(encoding)}`;

/** Every credential of the run, by what it is. */
const secrets = {
  adminToken: made('adm_'),
  encryptionKey: randomBytes(32).toString('base64'),
  flokitSource: made('fk_rw_'),
  flokitReader: made('fk_ro_'),
  vibefollowSource: made('sk_live_'),
  kixoSource: made('kx_key_'),
  klaviyoSource: made('pk_'),
  strangersKey: made('fk_rw_'),
  signingSecret: made('whsec_', 'base64'),
  bearerToken: made('bt+/'),
  headerToken: made('hdr_'),
  queryToken: made('qry_'),
  userinfo: made('usr_'),
  unusableSecret: made('whsec-'),
  flokitDestination: made('fk_out_'),
  vibefollowDestination: made('sk_out_'),
  kixoDestination: made('kx_out_'),
  klaviyoDestination: made('pk_out_'),
};

interface SourceFields {
  readonly id: string;
  readonly dialect: string;
  readonly credentials: Readonly<Record<string, string>>;
}

const SOURCES: readonly SourceFields[] = [
  {
    id: 'flokit',
    dialect: 'flokit',
    credentials: { apiKey: secrets.flokitSource, readOnlyApiKey: secrets.flokitReader },
  },
  { id: 'vibefollow', dialect: 'vibefollow', credentials: { apiKey: secrets.vibefollowSource } },
  { id: 'kixo', dialect: 'kixo', credentials: { projectId: 'kx_proj_1', apiKey: secrets.kixoSource } },
  { id: 'klaviyo', dialect: 'klaviyo', credentials: { privateKey: secrets.klaviyoSource } },
];

const destinationsAt = ({ url }: Sink): readonly Readonly<Record<string, unknown>>[] => [
  {
    id: 'webhook',
    type: 'webhook',
    config: { url: `${url}/hook?token=${secrets.queryToken}`, headers: { 'X-Token': secrets.headerToken } },
    credentials: { signingSecret: secrets.signingSecret, bearerToken: secrets.bearerToken },
  },
  { id: 'log', type: 'log' },
  { id: 'to-flokit', type: 'flokit', config: { baseUrl: url }, credentials: { apiKey: secrets.flokitDestination } },
  {
    id: 'to-vibefollow',
    type: 'vibefollow',
    config: { baseUrl: url },
    credentials: { apiKey: secrets.vibefollowDestination },
  },
  {
    id: 'to-kixo',
    type: 'kixo',
    config: { baseUrl: url, bundleId: 'org.sample', platform: 'ios' },
    credentials: { projectId: 'kx_proj_2', apiKey: secrets.kixoDestination },
  },
  {
    id: 'to-klaviyo',
    type: 'klaviyo',
    config: { baseUrl: url },
    credentials: { privateKey: secrets.klaviyoDestination },
  },
];

/** An address is a setting: whoever may read the configuration reads it, and it is stored as such. */
const SETTINGS = new Set(['queryToken']);
const showsSettings = (where: string): boolean =>
  /^[A-Z]+ \/(?:destinations(?:\/[\w-]+)?|config(?:\?dryRun=true)?)$/.test(where) ||
  (where.startsWith('Redis: ') && where.includes('"name":"webhook"'));

describe('a credential', () => {
  let gateway: Gateway;
  let redis: TestRedis;
  let sink: Sink;
  const outputs: Output[] = [];

  async function ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(gateway.baseUrl + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const where = `${method} ${path.replace('/admin/v1', '')}`;
    outputs.push({ where, text: `${JSON.stringify([...response.headers])}\n${text}` });
    return { status: response.status, text };
  }

  const control = (method: string, path: string, body?: unknown) =>
    ask(method, `/admin/v1${path}`, body, { authorization: `Bearer ${secrets.adminToken}` });

  const expectTaken = async (method: string, path: string, body: unknown): Promise<string> => {
    const { status, text } = await control(method, path, body);
    if (status !== 201 && status !== 200) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return text;
  };

  /** One request of every dialect, with the credential or another one in its place. */
  async function pour(swap: (credential: string) => string): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (const client of dialectClients) {
      const happenings = [
        { mark: `${client.dialect}-1`, name: 'visit', user: 'u-1', time: '2026-05-01T10:00:05.000Z', kind: 'timed' },
      ] as const;
      const { path, headers, body } = client.request(happenings);
      const source = SOURCES.find(({ dialect }) => dialect === client.dialect);
      let text = JSON.stringify({ headers, body });
      for (const [name, value] of Object.entries(client.credentials)) {
        const own = source?.credentials[name] ?? '';
        text = text.replaceAll(value, name === 'projectId' ? own : swap(own));
      }
      const request = JSON.parse(text) as { headers: Record<string, string>; body: unknown };
      statuses.push((await ask('POST', path, request.body, request.headers)).status);
    }
    return statuses;
  }

  const waiting = async (): Promise<number> => {
    const stats = await Promise.all(destinationsAt(sink).map(({ id }) => admin(gateway).stats(String(id))));
    return stats.reduce((sum, one) => sum + one.waiting, 0);
  };

  beforeAll(async () => {
    redis = await startRedis();
    // A destination that says back all it was told, credentials included.
    sink = await startSink({
      reply: ({ headers, body, url }) => ({ status: 422, body: JSON.stringify({ url, headers, body }) }),
    });
    gateway = await startGateway({
      env: {
        REDIS_URL: redis.url,
        ADMIN_TOKEN: secrets.adminToken,
        ENCRYPTION_KEY: secrets.encryptionKey,
        LOG_LEVEL: 'debug',
      },
    });
  });

  async function configure(): Promise<void> {
    for (const source of SOURCES)
      await expectTaken('POST', '/sources', { name: source.id, rateLimit: null, ...source });
    const pace = {
      batch: { maxWaitMs: 20 },
      retry: { minDelayMs: 20, maxDelayMs: 100, maxAttempts: 2 },
      rateLimit: null,
    };
    for (const one of destinationsAt(sink))
      await expectTaken('POST', '/destinations', { name: one.id, ...pace, ...one });
  }

  /** Success, refusals, failures, dead letters, replays. */
  async function deliver(): Promise<void> {
    expect(await pour((own) => own)).toEqual([200, 200, 200, 202]);
    await until(async () => (await waiting()) === 0, { what: 'refusals' });
    for (const behaviour of [{ status: 500, body: 'no' }, 'reset', { status: 401, body: 'no' }] as const) {
      sink.replyWith(({ headers }) =>
        behaviour === 'reset' ? behaviour : { ...behaviour, body: JSON.stringify(headers) },
      );
      await pour((own) => own);
      await until(() => sink.requests.length > 0);
    }
    await until(async () => (await admin(gateway).stats('webhook')).breaker.state === 'open', { what: 'a breaker' });
    await ask('GET', '/metrics');
    await control('GET', '/destinations/webhook/stats');
    sink.replyWith(({ headers }) => ({ status: 200, body: JSON.stringify(headers) }));
    for (const { id } of destinationsAt(sink)) {
      await control('POST', `/replays`, { destinationId: id, from: 'dead-letters' });
      await control('POST', `/replays`, { destinationId: id, from: 'history' });
    }
    await until(async () => (await waiting()) === 0, { timeoutMs: 40_000, what: 'everything to be delivered' });
  }

  /** Everything that an admin can look at. */
  async function look(): Promise<void> {
    const lists = [
      '/sources',
      '/destinations',
      '/config',
      '/dead-letters',
      '/rejections',
      '/events',
      '/deliveries',
      '/audit',
      '/tokens',
      '/me',
      '/dialects',
      '/destination-types',
    ];
    for (const path of lists) await control('GET', path);
    for (const { id } of SOURCES) await control('GET', `/sources/${id}`);
    for (const { id } of destinationsAt(sink)) {
      for (const end of ['', '/stats']) await control('GET', `/destinations/${String(id)}${end}`);
      await control('POST', `/destinations/${String(id)}/test`);
      sink.replyWith(({ headers, body }) => ({ status: 400, body: JSON.stringify({ headers, body }) }));
      await control('POST', `/destinations/${String(id)}/test`);
    }
    for (const client of dialectClients) {
      const happenings = [
        { mark: 'p-1', name: 'visit', user: 'u', time: '2026-05-01T10:00:05.000Z', kind: 'timed' },
      ] as const;
      const { path, body } = client.request(happenings);
      const text = JSON.stringify(body).replaceAll(client.credentials.apiKey ?? 'none', secrets.kixoSource);
      await control('POST', '/preview', { dialect: client.dialect, path, body: JSON.parse(text) as unknown });
    }
    const { text } = await control('GET', '/events?limit=20');
    const { data } = JSON.parse(text) as { readonly data: readonly { readonly id: string }[] };
    for (const { id } of data) await control('GET', `/events/${id}/trace`);
    const exported = (await control('GET', '/config')).text;
    await control('PUT', '/config?dryRun=true', exported);
    await control('PUT', '/config', exported);
    for (const path of ['/', '/openapi.json', '/docs', '/metrics', '/health/live', '/health/ready'])
      await ask('GET', path);
  }

  /** Everything that can go wrong with a credential at hand. */
  async function err(): Promise<void> {
    expect(await pour(() => secrets.strangersKey)).toEqual([401, 401, 401, 401]);
    const { flokitSource: key } = secrets;
    const bearer = { authorization: `Bearer ${key}` };
    for (const path of ['/v1/batch/events', '/v1/events', '/api/v1/events', '/v1/nowhere', '/v1/batch']) {
      await ask('POST', path, `{"events": [ "api_key": "${key}"`, bearer);
      await ask('POST', path, { api_key: secrets.kixoSource, project_id: 'kx_proj_1', batch: 7 }, bearer);
      await ask('DELETE', path, undefined, bearer);
    }
    await ask('POST', `/client/events?company_id=${secrets.strangersKey}`, {});
    await ask('GET', '/admin/v1/sources', undefined, { authorization: `Bearer ${secrets.strangersKey}` });
    await control('POST', '/destinations', `{"credentials":{"bearerToken":"${secrets.bearerToken}"`);
    const bad = [
      { config: { url: `https://user:${secrets.userinfo}@example.com/` } },
      { config: { url: `ftp://${secrets.userinfo}@example.com/` } },
      { config: { url: 'https://example.com/' }, credentials: { signingSecret: secrets.unusableSecret } },
      { config: { url: 'https://example.com/' }, credentials: { nonsense: secrets.unusableSecret } },
      { config: { url: 'https://example.com/' }, credentials: secrets.unusableSecret },
    ];
    for (const one of bad) {
      expect((await control('POST', '/destinations', { name: 'Bad', type: 'webhook', ...one })).status).toBe(422);
    }
    await control('PUT', '/config', {
      sources: [{ ...SOURCES[0], credentials: { apiKey: [secrets.flokitSource] } }],
      destinations: [],
    });
    await control('POST', '/sources', {
      name: 'Twin',
      dialect: 'flokit',
      credentials: { apiKey: secrets.flokitSource },
    });
  }

  async function loseRedis(): Promise<void> {
    await redis.kill();
    const statuses = await pour((own) => own);
    expect(statuses.every((status) => status >= 429)).toBe(true);
    await control('POST', '/sources', {
      name: 'Late',
      dialect: 'flokit',
      credentials: { apiKey: secrets.strangersKey },
    });
    await control('GET', '/events');
    await ask('GET', '/health/ready');
    await redis.start();
    await until(async () => (await ask('GET', '/health/ready')).status === 200, { timeoutMs: 20_000 });
  }

  it('is given away by no answer, log line, metric, or byte in Redis, whatever happens', async () => {
    const stream = new AbortController();
    onEnd(() => stream.abort());
    const live = await fetch(`${gateway.baseUrl}/admin/v1/events/stream`, {
      headers: { authorization: `Bearer ${secrets.adminToken}` },
      signal: stream.signal,
    });
    let streamed = '';
    void (async () => {
      for await (const chunk of live.body ?? []) streamed += Buffer.from(chunk as Uint8Array).toString();
    })().catch(() => undefined);
    await configure();
    await deliver();
    await look();
    await err();
    const stored = await dumpRedis(redis);
    await loseRedis();
    stream.abort();
    outputs.push({ where: 'the live stream', text: streamed }, { where: 'the log', text: gateway.output() });
    outputs.push(...stored.map((text) => ({ where: `Redis: ${text.slice(0, 200)}`, text })));

    expect(stored.length).toBeGreaterThan(100);
    expect(gateway.output()).toContain('"level":"debug"');
    const found = leaks(secrets, outputs).filter((leak) => {
      const isSetting = SETTINGS.has(leak.split(',')[0] ?? '');
      const where = leak.slice(leak.indexOf(' in ') + 4).replace(/^.*? in /, '');
      return !(isSetting && showsSettings(where));
    });
    expect(found).toEqual([]);
    const count = Object.keys(secrets).length * spellingsOf('x'.repeat(20)).size;
    report(
      `${count} spellings of ${Object.keys(secrets).length} credentials looked for in ${outputs.length} outputs, 0 found`,
    );
  });

  it('is not repeated by a start that fails', async () => {
    const env = {
      ADMIN_TOKEN: secrets.adminToken,
      ENCRYPTION_KEY: secrets.unusableSecret,
      REDIS_URL: `redis://:${secrets.userinfo}@127.0.0.1:1`,
      PORT: secrets.strangersKey,
    };
    const failed = await startGateway({ env, untilReady: false });
    expect((await failed.exited).code).toBe(1);
    expect(leaks(secrets, [{ where: 'the message', text: failed.output() }])).toEqual([]);
  });
});
