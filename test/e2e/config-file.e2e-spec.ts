import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  admin,
  eventsAt,
  eventsOf,
  flokitItem,
  flokitSender,
  onEnd,
  startGateway,
  startRedis,
  startSink,
  until,
  type FlokitItem,
  type Gateway,
  type Sink,
} from '../support/index.js';

const key = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';
const signingSecret = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

interface Configured {
  readonly id: string;
  readonly credentials: Readonly<Record<string, unknown>>;
}

interface Exported {
  readonly sources: readonly Configured[];
  readonly destinations: readonly Configured[];
}

async function file(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gw-config-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function exported(gateway: Gateway): Promise<Exported> {
  return (await admin(gateway).ask('GET', '/config')).body as Exported;
}

/** The line that says what a file did. */
function reportOf(gateway: Gateway): unknown {
  const line = gateway
    .output()
    .split('\n')
    .find((text) => text.includes('The configuration file holds'));
  return line === undefined ? undefined : JSON.parse(line);
}

/** The line that names a destination which stayed against the file. */
function warningOf(gateway: Gateway, destinationId: string): unknown {
  const line = gateway
    .output()
    .split('\n')
    .find((text) => text.includes('Events wait for a destination') && text.includes(`"${destinationId}"`));
  return line === undefined ? undefined : JSON.parse(line);
}

const yamlFor = (url: string): string => `
sources:
  - id: backend
    name: Backend
    dialect: flokit
    credentials:
      apiKey: \${BACKEND_KEY}
      readOnlyApiKey: fk_ro_1
destinations:
  - id: warehouse
    name: Warehouse
    type: webhook
    config:
      url: ${url}/events
    batch: { maxWaitMs: 20 }
`;

describe('CONFIG_FILE', () => {
  it('is applied before traffic is taken, and changes nothing at the next start', async () => {
    const sink = await startSink();
    const path = await file('gateway.yaml', yamlFor(sink.url));
    const env = { CONFIG_FILE: path, BACKEND_KEY: 'fk_from_the_environment' };
    // A demo would stand beside what the file says.
    const first = await startGateway({ env, args: ['--quickstart'] });
    await flokitSender(first.port, env.BACKEND_KEY).accepted([flokitItem('hello')]);
    await until(() => eventsAt(sink).some(({ event }) => event === 'hello'), { what: 'the event to arrive' });
    expect(reportOf(first)).toMatchObject({ path, created: 2, updated: 0, deleted: 0, unchanged: 0 });
    const before = await exported(first);
    expect(before.sources.map(({ id }) => id)).toEqual(['backend']);
    expect(JSON.stringify(before)).not.toContain(env.BACKEND_KEY);
    expect(first.output()).not.toContain(env.BACKEND_KEY);
    expect(await first.stop()).toEqual({ code: 0, signal: null });

    const second = await startGateway({ env, dataDir: first.dataDir });
    expect(reportOf(second)).toMatchObject({ created: 0, updated: 0, deleted: 0, unchanged: 2 });
    expect(await exported(second)).toEqual(before);
  });

  it('with faults stops the start, lists every one of them, and changes nothing', async () => {
    const path = await file(
      'gateway.json',
      JSON.stringify({
        sources: [{ id: 'a', name: 'A', dialect: 'morse' }],
        destinations: [
          { id: 'b', name: 'B', type: 'webhook', config: { url: 'https://example.com', colour: 'red' } },
          { id: 'c', name: 'C', type: 'klaviyo', config: {}, credentials: { privateKey: '${ABSENT_KEY}' } },
        ],
        extra: {},
      }),
    );
    const failing = await startGateway({ env: { CONFIG_FILE: path }, untilReady: false });
    expect(await failing.exited).toEqual({ code: 1, signal: null });
    const fatal = failing
      .output()
      .split('\n')
      .find((line) => line.includes('cannot start'));
    const { msg } = JSON.parse(fatal ?? '{}') as { readonly msg?: string };
    expect(msg).toContain(`CONFIG_FILE ${path} cannot be applied:\n`);
    const faults = (msg ?? '').split('\n').slice(1);
    expect(faults.map((fault) => /^ {2}- (\S+): ./.exec(fault)?.[1])).toEqual([
      '/extra',
      '/sources/0/dialect',
      '/destinations/0/config/colour',
      '/destinations/1/credentials/privateKey',
      '/destinations/1/config/baseUrl',
    ]);
    const plain = await startGateway({ dataDir: failing.dataDir });
    expect(await exported(plain)).toEqual({ sources: [], destinations: [] });
  });

  it.each([
    ['that is not there', undefined, 'ENOENT'],
    ['that is no document', 'sources: [', 'is not valid YAML or JSON'],
  ])('%s stops the start', async (_what, text, reason) => {
    const path = text === undefined ? '/no/such/file.yaml' : await file('gateway.yaml', text);
    const failing = await startGateway({ env: { CONFIG_FILE: path }, untilReady: false });
    expect((await failing.exited).code).toBe(1);
    expect(failing.output()).toContain(`CONFIG_FILE ${path} cannot be applied`);
    expect(failing.output()).toContain(reason);
  });

  it('that no longer names a destination leaves it until nothing waits for it, and applies the rest', async () => {
    const sink = await startSink({ reply: () => ({ status: 503 }) });
    const env = { BACKEND_KEY: 'fk_1' };
    const first = await startGateway({ env: { ...env, CONFIG_FILE: await file('a.yaml', yamlFor(sink.url)) } });
    await flokitSender(first.port, env.BACKEND_KEY).accepted([flokitItem('a'), flokitItem('b')]);
    await until(async () => (await admin(first).stats('warehouse')).waiting === 2);
    await first.stop();
    const CONFIG_FILE = await file('b.yaml', 'sources: []\ndestinations: [{ id: log, name: Log, type: log }]');
    const second = await startGateway({ env: { ...env, CONFIG_FILE }, dataDir: first.dataDir });
    const { sources, destinations } = await exported(second);
    expect([sources, destinations.map(({ id }) => id)]).toEqual([[], ['log', 'warehouse']]);
    expect(reportOf(second)).toMatchObject({ created: 1, deleted: 1, kept: 1 });
    expect(warningOf(second, 'warehouse')).toMatchObject({ level: 'warn', waiting: 2 });
    sink.replyWith(() => ({ status: 200 }));
    await until(async () => (await admin(second).stats('warehouse')).waiting === 0, { what: 'what waited to go out' });
    expect(new Set(eventsAt(sink).map(({ event }) => event))).toEqual(new Set(['a', 'b']));
    await second.stop();
    const third = await startGateway({ env: { ...env, CONFIG_FILE }, dataDir: first.dataDir });
    expect((await exported(third)).destinations.map(({ id }) => id)).toEqual(['log']);
    expect(reportOf(third)).toMatchObject({ deleted: 1, kept: 0 });
  });

  it('that gives a destination another type leaves it as it is while events wait for it', async () => {
    const sink = await startSink({ reply: () => ({ status: 503 }) });
    const env = { BACKEND_KEY: 'fk_1' };
    const first = await startGateway({ env: { ...env, CONFIG_FILE: await file('a.yaml', yamlFor(sink.url)) } });
    await flokitSender(first.port, env.BACKEND_KEY).accepted([flokitItem('a')]);
    await until(async () => (await admin(first).stats('warehouse')).waiting === 1);
    await first.stop();
    const CONFIG_FILE = await file('b.yaml', 'sources: []\ndestinations: [{ id: warehouse, name: W, type: log }]');
    const second = await startGateway({ env: { ...env, CONFIG_FILE }, dataDir: first.dataDir });
    expect((await exported(second)).destinations).toMatchObject([{ name: 'Warehouse', type: 'webhook' }]);
    expect(reportOf(second)).toMatchObject({ updated: 0, kept: 1 });
    expect(warningOf(second, 'warehouse')).toMatchObject({ level: 'warn', waiting: 1 });
  });

  it('is applied once by processes that start together', async () => {
    const redis = await startRedis();
    const path = await file(
      'gateway.yaml',
      'sources: [{ id: web, name: Web, dialect: flokit }]\ndestinations: [{ id: log, name: Log, type: log }]',
    );
    const shared = { REDIS_URL: redis.url, ADMIN_TOKEN: 't', ENCRYPTION_KEY: key, CONFIG_FILE: path };
    const started = await Promise.all(
      ['api', 'all', 'api', 'worker'].map((ROLE) => startGateway({ env: { ...shared, ROLE } })),
    );
    const applying = started.slice(0, 3);
    const created = applying
      .map((gateway) => reportOf(gateway))
      .filter((line) => (line as { created: number }).created > 0);
    expect(created).toHaveLength(1);
    expect(new Set((await Promise.all(applying.map(exported))).map((shown) => JSON.stringify(shown))).size).toBe(1);
    expect(started.at(-1) && reportOf(started.at(-1) as Gateway)).toBeUndefined();
  });
});

describe('a configuration taken to an empty gateway', () => {
  const items: readonly FlokitItem[] = [
    flokitItem('signup', { properties: { plan: 'pro', internal_note: 'x', plan_id: 7 } }),
    flokitItem('signup', { properties: { plan: 'free' } }),
    flokitItem('purchase_made', { user_id: 'u-2', properties: { plan: 'pro' } }),
    flokitItem('page_viewed', { user_id: 'u-2' }),
  ];

  const configure = async (gateway: Gateway, sinks: readonly Sink[]): Promise<void> => {
    const [first, second] = sinks.map(({ url }) => url);
    const api = admin(gateway);
    await api.createSource({ id: 'ios', credentials: { apiKey: 'fk_ios', readOnlyApiKey: 'fk_ro' }, rateLimit: null });
    await api.createSource({ id: 'off', enabled: false, rateLimit: { requests: 3, perSeconds: 2 } });
    await api.createDestination({
      id: 'picky',
      config: { url: `${first}/in`, headers: { 'x-team': 'growth' } },
      credentials: { signingSecret, bearerToken: 'bearer-token' },
      match: { sources: ['ios'], events: ['signup', 'purchase*'], where: { 'properties.plan': { $ne: 'free' } } },
      transform: {
        renameEvents: { signup: 'Signed Up' },
        renameProperties: { plan_id: 'plan_number' },
        dropProperties: ['internal*'],
        setProperties: { env: 'prod' },
      },
      concurrency: 1,
      timeoutMs: 5_000,
      retry: { maxAttempts: 3 },
      maxQueuedBytes: 1_000_000,
    });
    await api.createDestination({ id: 'everything', config: { url: `${second}/all` }, credentials: { signingSecret } });
    await api.createDestination({ id: 'held', config: { url: `${second}/held` }, credentials: { signingSecret } });
    await api.ask('POST', '/destinations/held/pause');
  };

  /** What the sinks got of one round of events, without what no two events share. */
  const behaviour = async (gateway: Gateway, sinks: readonly Sink[]): Promise<unknown> => {
    const from = sinks.map(({ requests }) => requests.length);
    await flokitSender(gateway.port, 'fk_ios').accepted(items);
    const fresh = () => sinks.map(({ requests }, i) => requests.slice(from[i]));
    const eventsIn = (requests: Sink['requests']) => requests.flatMap((request) => eventsOf(request));
    await until(
      () =>
        fresh()
          .map((requests) => eventsIn(requests).length)
          .join() === '2,4',
      { what: 'all to arrive' },
    );
    return fresh().map((requests) => ({
      urls: [...new Set(requests.map(({ url }) => url))],
      headers: [...new Set(requests.map(({ headers }) => `${headers.authorization} ${headers['x-team'] as string}`))],
      events: eventsIn(requests).map((event) => ({ ...event, id: 'any', received_at: 'any' })),
    }));
  };

  const withoutTimes = ({ sources, destinations }: Exported): unknown => ({
    sources: sources.map((entry) => ({ ...entry, createdAt: 'any', updatedAt: 'any' })),
    destinations: destinations.map((entry) => ({ ...entry, createdAt: 'any', updatedAt: 'any' })),
  });

  it('behaves there as it did', async () => {
    const sinks = [await startSink(), await startSink()];
    const one = await startGateway();
    await configure(one, sinks);
    const document = await exported(one);
    const expected = await behaviour(one, sinks);
    expect(expected).toMatchObject([
      {
        urls: ['/in'],
        headers: ['Bearer bearer-token growth'],
        events: [
          { event: 'Signed Up', properties: { plan: 'pro', plan_number: 7, env: 'prod' } },
          { event: 'purchase_made', properties: { plan: 'pro', env: 'prod' } },
        ],
      },
      { urls: ['/all'], headers: ['undefined undefined'] },
    ]);

    const secrets: Readonly<Record<string, object>> = {
      ios: { apiKey: '${IOS_KEY}', readOnlyApiKey: '${IOS_READ_KEY}' },
      picky: { signingSecret: '${SIGNING_SECRET}', bearerToken: '${BEARER_TOKEN}' },
      everything: { signingSecret: '${SIGNING_SECRET}' },
      held: { signingSecret: '${SIGNING_SECRET}' },
    };
    const withReferences = (entry: Configured) => ({ ...entry, credentials: secrets[entry.id] ?? entry.credentials });
    const carried = {
      sources: document.sources.map(withReferences),
      destinations: document.destinations.map(withReferences),
    };
    const other = await startGateway({
      env: {
        CONFIG_FILE: await file('carried.json', JSON.stringify(carried)),
        IOS_KEY: 'fk_ios',
        IOS_READ_KEY: 'fk_ro',
        SIGNING_SECRET: signingSecret,
        BEARER_TOKEN: 'bearer-token',
      },
    });
    expect(await behaviour(other, sinks)).toEqual(expected);
    const generated = { id: 'off', credentials: 'any' };
    const comparable = (shown: Exported): unknown => {
      const sources = shown.sources.map((entry) => (entry.id === 'off' ? { ...entry, ...generated } : entry));
      return withoutTimes({ ...shown, sources: sources as readonly Configured[] });
    };
    expect(comparable(await exported(other))).toEqual(comparable(document));
    expect((await admin(other).stats('held')).waiting).toBe(4);
    await one.stop();
  });
});
