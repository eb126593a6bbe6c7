import { startRedis } from '../support/index.js';
import { NO_DELIVERIES, pointersOf, startAdminApp, type AdminApp, type Answer } from './admin-app.js';

interface Entry {
  readonly kind: string;
  readonly id: string;
}

interface Difference {
  readonly created: readonly Entry[];
  readonly updated: readonly (Entry & { readonly members: readonly string[] })[];
  readonly deleted: readonly (Entry & { readonly waiting?: number })[];
  readonly unchanged: readonly Entry[];
  readonly generated: readonly (Entry & {
    readonly members: readonly string[];
    readonly credentials?: Readonly<Record<string, string>>;
  })[];
  readonly paused: readonly (Entry & { readonly missing: readonly string[] })[];
}

interface Exported {
  readonly sources: readonly (Entry & { readonly credentials: object })[];
  readonly destinations: readonly (Entry & { readonly credentials: object; readonly pauseReason: string | null })[];
}

const differenceIn = ({ text }: Answer): Difference => JSON.parse(text) as Difference;
const NOTHING = { created: [], updated: [], deleted: [], unchanged: [], generated: [], paused: [] };

async function emptyGateway(): Promise<AdminApp> {
  return startAdminApp(await startRedis());
}

async function exported(app: AdminApp): Promise<Exported> {
  return JSON.parse((await app.call('GET', '/config')).text) as Exported;
}

async function applied(app: AdminApp, document: unknown, query = ''): Promise<Difference> {
  const answer = await app.call('PUT', `/config${query}`, document);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return differenceIn(answer);
}

const source = { id: 'ios', name: 'iOS', dialect: 'vibefollow', credentials: { apiKey: 'vf_ios_0123456789' } };
const hook = {
  id: 'hook',
  name: 'Hook',
  type: 'webhook',
  config: { url: 'https://example.com/hook' },
  credentials: { signingSecret: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=' },
};
const crm = {
  id: 'crm',
  name: 'CRM',
  type: 'klaviyo',
  config: { baseUrl: 'https://a.klaviyo.com' },
  credentials: { privateKey: 'pk_0123456789' },
};
const document = { sources: [source], destinations: [hook, crm] };

describe('applying a document', () => {
  it('creates, updates, deletes and says so, by kind and id', async () => {
    const app = await emptyGateway();
    expect(await applied(app, document)).toEqual({
      ...NOTHING,
      created: [
        { kind: 'source', id: 'ios' },
        { kind: 'destination', id: 'hook' },
        { kind: 'destination', id: 'crm' },
      ],
    });
    const next = {
      sources: [source, { ...source, id: 'web', credentials: { apiKey: 'vf_web' } }],
      destinations: [{ ...hook, name: 'Renamed', timeoutMs: 5_000, credentials: { signingSecret: { set: true } } }],
    };
    expect(await applied(app, next)).toEqual({
      ...NOTHING,
      created: [{ kind: 'source', id: 'web' }],
      updated: [{ kind: 'destination', id: 'hook', members: ['name', 'timeoutMs'] }],
      deleted: [{ kind: 'destination', id: 'crm' }],
      unchanged: [{ kind: 'source', id: 'ios' }],
    });
    expect(app.deliveries.discarded).toEqual(['crm']);
    expect(app.configuration.destinations.get('hook')).toMatchObject({
      name: 'Renamed',
      timeoutMs: 5_000,
      credentials: hook.credentials,
    });
    expect(app.configuration.source('vibefollow', 'vf_web')?.source.id).toBe('web');
  });

  it('again changes nothing, and neither does applying an export', async () => {
    const app = await emptyGateway();
    const full = {
      ...document,
      destinations: [{ ...hook, batch: { maxEvents: 10 }, rateLimit: { requests: 5, perSeconds: 1 } }, crm],
    };
    await applied(app, full);
    const all = [
      { kind: 'source', id: 'ios' },
      { kind: 'destination', id: 'hook' },
      { kind: 'destination', id: 'crm' },
    ];
    expect(await applied(app, full)).toEqual({ ...NOTHING, unchanged: all });
    const before = await exported(app);
    const { unchanged, ...rest } = await applied(app, before);
    expect(rest).toEqual({ created: [], updated: [], deleted: [], generated: [], paused: [] });
    expect(unchanged).toEqual(expect.arrayContaining(all));
    expect(await exported(app)).toEqual(before);
  });

  it('writes nothing in a dry run, and tells the same', async () => {
    const app = await emptyGateway();
    const generating = { sources: [{ ...source, credentials: {} }], destinations: [crm] };
    const planned = await applied(app, generating, '?dryRun=true');
    expect(planned).toEqual({
      ...NOTHING,
      created: [
        { kind: 'source', id: 'ios' },
        { kind: 'destination', id: 'crm' },
      ],
      generated: [{ kind: 'source', id: 'ios', members: ['apiKey'] }],
    });
    expect(await exported(app)).toEqual({ sources: [], destinations: [] });
    const written = await applied(app, generating, '?dryRun=false');
    expect(written.created).toEqual(planned.created);
    const apiKey = written.generated[0]?.credentials?.apiKey ?? '';
    expect(app.configuration.source('vibefollow', apiKey)?.source.id).toBe('ios');
    expect((await app.call('PUT', '/config?dryRun=maybe', generating)).status).toBe(422);
  });

  it('takes a credential that moves from one source to another, or two that change places', async () => {
    const app = await emptyGateway();
    const keyed = (id: string, apiKey: string) => ({ ...source, id, credentials: { apiKey } });
    await applied(app, { sources: [keyed('a', 'vf_1'), keyed('b', 'vf_2'), keyed('c', 'vf_3')], destinations: [] });
    await applied(app, { sources: [keyed('a', 'vf_2'), keyed('b', 'vf_1'), keyed('d', 'vf_3')], destinations: [] });
    const holder = (key: string) => app.configuration.source('vibefollow', key)?.source.id;
    expect([holder('vf_1'), holder('vf_2'), holder('vf_3')]).toEqual(['b', 'a', 'd']);
    const twins = { sources: [keyed('a', 'vf_2'), keyed('b', 'vf_2')], destinations: [] };
    const refused = await app.call('PUT', '/config', twins);
    expect(refused.body.errors).toEqual([
      { pointer: '/sources/1/credentials/apiKey', message: 'is already a credential of the source "a"' },
    ]);
  });

  it('of two at the same time leaves one of them whole', async () => {
    const redis = await startRedis();
    const [one, other] = [await startAdminApp(redis), await startAdminApp(redis)];
    const numbered = (prefix: string) => ({
      sources: Array.from({ length: 20 }, (_, n) => ({ ...source, id: `${prefix}-${n}`, credentials: {} })),
      destinations: [],
    });
    const answers = await Promise.all([
      one.call('PUT', '/config', numbered('one')),
      other.call('PUT', '/config', numbered('other')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { sources } = await exported(one);
    expect(sources).toHaveLength(20);
    expect(new Set(sources.map(({ id }) => id.split('-')[0])).size).toBe(1);
  });
});

describe('a document with faults', () => {
  let app: AdminApp;

  beforeAll(async () => {
    app = await emptyGateway();
    await applied(app, document);
  }, 60_000);

  it('is refused with a pointer for each of them, and nothing of it is written', async () => {
    const before = await exported(app);
    const answer = await app.call('PUT', '/config', {
      sources: [
        { ...source, name: 'New name' },
        { name: 'x', dialect: 'flokit' },
        { ...source, dialect: 'morse' },
      ],
      destinations: [
        { ...hook, config: { url: 'http://10.0.0.1/' } },
        { ...hook, id: 'hook2', config: { url: 'no url', colour: 'red' }, credentials: { signingSecret: 'short' } },
        { ...crm, colour: 'red', timeoutMs: 1 },
        { ...crm, id: 'log', type: 'telegraph' },
        'text',
        { ...crm, id: 'a b' },
        { ...hook, match: { dialects: ['morse'], where: { $where: 'x' } }, id: 'hook3' },
      ],
      extra: 1,
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
    expect(new Set(pointersOf(answer))).toEqual(
      new Set([
        '/extra',
        '/sources/1/id',
        '/sources/2/id',
        '/destinations/0/config/url',
        '/destinations/1/config/url',
        '/destinations/1/config/colour',
        '/destinations/1/credentials/signingSecret',
        '/destinations/2/colour',
        '/destinations/2/timeoutMs',
        '/destinations/3/type',
        '/destinations/4',
        '/destinations/5/id',
        '/destinations/6/match/dialects/0',
        '/destinations/6/match/where/$where',
      ]),
    );
    expect(await exported(app)).toEqual(before);
  });

  it.each([
    [{}, ['/sources', '/destinations']],
    [{ sources: [] }, ['/destinations']],
    [{ sources: {}, destinations: null }, ['/sources', '/destinations']],
    [[], ['']],
    ['"text"', ['']],
    [{ sources: [null], destinations: [] }, ['/sources/0']],
    [{ sources: [source, source], destinations: [] }, ['/sources/1/id']],
    [
      { sources: [{ ...source, credentials: { apiKey: 'key-${HOME}' } }], destinations: [] },
      ['/sources/0/credentials/apiKey'],
    ],
  ])('%j is refused', async (body, pointers) => {
    const answer = await app.call('PUT', '/config', body);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual(pointers);
  });
});

describe('credentials in a document', () => {
  const masked = { set: true, hint: '…0001' };

  it('are masked in the export', async () => {
    const app = await emptyGateway();
    await applied(app, document);
    const { text } = await app.call('GET', '/config');
    expect(text).not.toMatch(/vf_ios_0123456789|pk_0123456789|MDEyMzQ1/);
    expect((await exported(app)).sources[0]?.credentials).toEqual({ apiKey: { set: true, hint: '…6789' } });
  });

  it('that read as set are generated or awaited where nothing is stored', async () => {
    const app = await emptyGateway();
    const exportOfAnother = {
      sources: [{ ...source, credentials: { apiKey: masked } }],
      destinations: [
        { ...hook, credentials: { signingSecret: masked } },
        { ...crm, credentials: { privateKey: masked }, paused: false },
        { ...hook, id: 'guarded', credentials: { bearerToken: masked }, paused: false },
      ],
    };
    const first = await applied(app, exportOfAnother);
    expect(first.generated.map(({ kind, id, members }) => [kind, id, members])).toEqual([
      ['source', 'ios', ['apiKey']],
      ['destination', 'hook', ['signingSecret']],
      ['destination', 'guarded', ['signingSecret']],
    ]);
    const paused = [
      { kind: 'destination', id: 'crm', missing: ['privateKey'] },
      { kind: 'destination', id: 'guarded', missing: ['bearerToken'] },
    ];
    expect(first.paused).toEqual(paused);
    const second = await applied(app, exportOfAnother);
    expect([second.created, second.updated, second.generated, second.paused]).toEqual([[], [], [], paused]);
    expect(second.unchanged).toHaveLength(4);
    expect((await exported(app)).destinations.map(({ id, pauseReason }) => [id, pauseReason])).toEqual([
      ['crm', 'credentials_missing'],
      ['guarded', 'credentials_missing'],
      ['hook', null],
    ]);
  });

  it('end the pause that waited for them, and no other change does', async () => {
    const app = await emptyGateway();
    const guarded = { ...hook, credentials: { ...hook.credentials, bearerToken: masked } };
    await applied(app, { sources: [], destinations: [guarded, { ...crm, credentials: {} }] });
    const pausedIn = async () => (await exported(app)).destinations.map(({ pauseReason }) => pauseReason);
    await app.call('PATCH', '/destinations/hook', { name: 'Other' });
    expect(await pausedIn()).toEqual(['credentials_missing', 'credentials_missing']);
    const shown = await exported(app);
    const completed = shown.destinations.map((entry) =>
      entry.id === 'crm'
        ? { ...entry, credentials: crm.credentials }
        : { ...entry, credentials: { ...entry.credentials, bearerToken: 'token' } },
    );
    const difference = await applied(app, { ...shown, destinations: completed });
    expect(difference.updated).toEqual([
      { kind: 'destination', id: 'crm', members: ['credentials', 'paused'] },
      { kind: 'destination', id: 'hook', members: ['credentials', 'paused'] },
    ]);
    expect(await pausedIn()).toEqual([null, null]);
  });

  it('may be left to the environment, and are never written back', async () => {
    const app = await emptyGateway();
    process.env.TEST_CRM_KEY = 'pk_from_the_environment';
    const referring = {
      sources: [],
      destinations: [{ ...crm, credentials: { privateKey: '${TEST_CRM_KEY}' } }],
    };
    expect((await applied(app, referring)).created).toHaveLength(1);
    expect(app.configuration.destinations.get('crm')?.credentials).toEqual({ privateKey: 'pk_from_the_environment' });
    expect((await applied(app, referring)).unchanged).toHaveLength(1);
    const { text } = await app.call('GET', '/config');
    expect(text).not.toContain('pk_from');
    expect(text).not.toContain('TEST_CRM_KEY');
    process.env.TEST_CRM_KEY = 'pk_rotated';
    expect((await applied(app, referring)).updated).toEqual([
      { kind: 'destination', id: 'crm', members: ['credentials'] },
    ]);
    delete process.env.TEST_CRM_KEY;
    const answer = await app.call('PUT', '/config', referring);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual(['/destinations/0/credentials/privateKey']);
  });

  it('never take what belongs to the gateway itself', async () => {
    const app = await emptyGateway();
    process.env.ENCRYPTION_KEY = 'the-key';
    const stealing = { sources: [], destinations: [{ ...crm, credentials: { privateKey: '${ENCRYPTION_KEY}' } }] };
    const answer = await app.call('PUT', '/config', stealing);
    delete process.env.ENCRYPTION_KEY;
    expect([answer.status, pointersOf(answer)]).toEqual([422, ['/destinations/0/credentials/privateKey']]);
    expect(answer.text).not.toContain('the-key');
  });
});

describe('events that wait', () => {
  it('keep their destination from being deleted, unless they may be dropped', async () => {
    const app = await emptyGateway();
    await applied(app, document);
    app.deliveries.statsOf.set('hook', { ...NO_DELIVERIES, waiting: 40 });
    app.deliveries.statsOf.set('crm', { ...NO_DELIVERIES, waiting: 2 });
    const without = { sources: [], destinations: [] };
    const refused = await app.call('PUT', '/config', without);
    expect([refused.status, refused.body.code, refused.body.waiting]).toEqual([409, 'events_waiting', 42]);
    expect(app.configuration.destinations.size).toBe(2);
    expect(app.configuration.sources.size).toBe(1);
    expect((await applied(app, without, '?dryRun=true')).deleted).toEqual([
      { kind: 'source', id: 'ios' },
      { kind: 'destination', id: 'hook', waiting: 40 },
      { kind: 'destination', id: 'crm', waiting: 2 },
    ]);
    expect(app.deliveries.discarded).toEqual([]);
    await applied(app, without, '?discard=true');
    expect(app.deliveries.discarded).toEqual(['hook', 'crm']);
    expect(app.configuration.destinations.size).toBe(0);
  });

  it('keep their destination from changing its type', async () => {
    const app = await emptyGateway();
    await applied(app, document);
    app.deliveries.statsOf.set('hook', { ...NO_DELIVERIES, waiting: 1 });
    const retyped = { ...document, destinations: [{ id: 'hook', name: 'x', type: 'log' }, crm] };
    const refused = await app.call('PUT', '/config?discard=true', retyped);
    expect([refused.status, refused.body.waiting]).toEqual([409, 1]);
    app.deliveries.statsOf.delete('hook');
    expect((await applied(app, retyped)).updated.map(({ id }) => id)).toEqual(['hook']);
    expect(app.deliveries.discarded).toEqual([]);
  });
});

describe('YAML', () => {
  const yaml = [
    'sources:',
    '  - id: ios',
    '    name: iOS',
    '    dialect: vibefollow',
    '    credentials: { apiKey: vf_yaml }',
    'destinations:',
    '  - id: log',
    '    name: Log # for trying out',
    '    type: log',
  ].join('\n');

  it.each(['application/yaml', 'application/x-yaml', 'text/yaml; charset=utf-8'])('is taken as %s', async (type) => {
    const app = await emptyGateway();
    const answer = await app.call('PUT', '/config', yaml, { 'content-type': type });
    expect(answer.status).toBe(200);
    expect(differenceIn(answer).created.map(({ id }) => id)).toEqual(['ios', 'log']);
    expect(app.configuration.source('vibefollow', 'vf_yaml')?.source.id).toBe('ios');
  });

  it('is given to who prefers it, and may be applied as it is', async () => {
    const app = await emptyGateway();
    await applied(app, document);
    const answer = await app.call('GET', '/config', undefined, { accept: 'application/yaml, application/json;q=0.5' });
    expect(answer.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(answer.text).toMatch(/^sources:\n {2}- id: ios\n {4}name: iOS\n/);
    const back = await app.call('PUT', '/config', answer.text, { 'content-type': 'application/yaml' });
    expect(back.headers.get('content-type')).toMatch(/^application\/json/);
    expect(differenceIn(back).unchanged).toHaveLength(3);
    for (const accept of ['*/*', 'application/json', 'application/yaml;q=0.1, application/json', 'text/html, */*'])
      expect((await app.call('GET', '/config', undefined, { accept })).headers.get('content-type')).toMatch(/json/);
  });

  it.each([
    ['unfinished', 'sources: [', 400, 'malformed_yaml'],
    ['deeper than the stack', '['.repeat(100_000), 400, 'malformed_yaml'],
    ['with numbers that JSON has not', 'sources: [.nan]', 400, 'malformed_yaml'],
    ['with a prototype', '__proto__: 1', 422, 'validation_failed'],
  ])('%s is refused', async (_what, text, status, code) => {
    const app = await emptyGateway();
    const answer = await app.call('PUT', '/config', text, { 'content-type': 'application/yaml' });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('is for the document only', async () => {
    const app = await emptyGateway();
    const yamlType = { 'content-type': 'application/yaml' };
    expect((await app.call('POST', '/sources', 'name: x\ndialect: flokit', yamlType)).status).toBe(415);
    expect((await app.call('PUT', '/config', yaml, { 'content-type': 'text/plain' })).status).toBe(415);
    const patch = { 'content-type': 'application/merge-patch+json' };
    expect((await app.call('PUT', '/config', document, patch)).status).toBe(415);
  });
});
