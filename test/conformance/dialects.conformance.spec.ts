import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type CanonicalEvent } from '#canonical';
import { dialectFolders, loadDialect, type AppendRequest, type Dialect } from '#dialects';
import { readGoldens, type Golden, type GoldenRequest, type GoldenResponse } from './golden.js';
import { IngestFixture, type HttpAnswer } from './ingest-fixture.js';
import { memoryId, World, type Stage } from './memory-ports.js';
import { storedRequest } from './stored-request.js';

const ROOT = join(import.meta.dirname, '../../libs/dialects/src');

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function decodeAppended(dialect: Dialect, append: AppendRequest, request: number): readonly CanonicalEvent[] {
  const route = dialect.routes.find(({ id }) => id === append.route);
  if (!route) throw new Error(`no route ${append.route}`);
  const stored = storedRequest(append, request);
  const decoded = route.decode(stored);
  expect(decoded).toHaveLength(append.checked.total);
  decoded.forEach((event, index) => expect(event !== undefined).toBe(stored.accepts(index)));
  expect(route.decode(stored)).toEqual(decoded);
  return decoded.filter((event) => event !== undefined);
}

/** Encoding what was decoded gives a body that passes the check and decodes to the same events. */
function expectRoundTrip(dialect: Dialect, append: AppendRequest, events: readonly CanonicalEvent[]): unknown {
  const route = dialect.routes.find(({ id }) => id === append.route);
  if (!route || events.length === 0) return undefined;
  const encoded = asJson(route.encode(events));
  const view = { requestId: 'req_0', path: route.path, query: {}, headers: append.headers };
  const checked = route.check(encoded, { request: view, receivedAt: append.receivedAt, bodyBytes: 2_000_000 });
  expect(checked).toMatchObject({ kind: 'checked', total: events.length, rejected: [] });
  const again = route.decode({
    body: encoded,
    route: append.route,
    headers: append.headers,
    sourceId: append.sourceId,
    receivedAt: append.receivedAt,
    accepts: () => true,
    idAt: (index) => events[index]?.id ?? '',
  });
  expect(asJson(again)).toEqual(asJson(events));
  return encoded;
}

function expectAnswer(answer: HttpAnswer, expected: GoldenResponse): void {
  const { status, headers, body } = answer;
  if (expected.body !== undefined) {
    expect(body).toBe(typeof expected.body === 'string' ? expected.body : JSON.stringify(expected.body));
  }
  expect(status).toBe(expected.status);
  expect(headers['x-request-id']).toMatch(/^req_[0-9a-z]{24}$/);
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    expect([name, headers[name.toLowerCase()]]).toEqual([name, value ?? undefined]);
  }
}

async function startFixture(dialect: Dialect, stage: Stage, golden: Golden): Promise<IngestFixture> {
  const fixture = await IngestFixture.start([dialect], stage, golden.state === 'inflight_full' ? 0 : undefined);
  if (golden.state === 'closing') fixture.ingest.startClosing();
  return fixture;
}

/** States that live in the server and not in the ports. */
const needsOwnServer = ({ state }: Golden): boolean => state === 'closing' || state === 'inflight_full';

async function playCase(fixture: IngestFixture, world: World, golden: Golden): Promise<void> {
  const requests: readonly (GoldenRequest & { readonly response: GoldenResponse })[] = [
    ...(golden.before ?? []),
    { ...golden.request, response: golden.response },
  ];
  for (const { response, ...request } of requests) expectAnswer(await fixture.send(request), response);
  const events = world.appended.flatMap((append, request) => decodeAppended(world.dialect, append, request));
  expect(asJson(events)).toEqual(golden.events ?? []);
  world.appended.forEach((append, request) => {
    const own = events.filter(
      ({ id }) => id.startsWith(memoryId(request, 0).slice(0, 6)) || world.appended.length === 1,
    );
    const encoded = expectRoundTrip(world.dialect, append, own);
    if (golden.encoded && request === world.appended.length - 1) expect(encoded).toEqual(golden.encoded);
  });
  if (golden.rejections) expect(asJson(world.rejected)).toEqual(golden.rejections);
  expect(world.failures).toHaveLength(golden.state === 'crash' ? 1 : 0);
}

describe.each(await dialectFolders(ROOT))('dialect %s', (folder) => {
  const goldens = existsSync(join(ROOT, folder, 'golden')) ? readGoldens(join(ROOT, folder)) : [];
  const stage = {} as Stage;
  let dialect: Dialect;
  let fixture: IngestFixture;

  beforeAll(async () => {
    dialect = await loadDialect(ROOT, folder);
    fixture = await IngestFixture.start([dialect], stage);
  });
  afterAll(() => fixture.close());

  it('has its notes and golden cases', () => {
    expect(readdirSync(join(ROOT, folder))).toEqual(expect.arrayContaining([`${folder}.md`, 'golden']));
    expect(goldens.length).toBeGreaterThan(0);
  });

  for (const golden of goldens) it(`${golden.file}: ${golden.title}`, () => runCase(golden));

  async function runCase(golden: Golden): Promise<void> {
    expect(golden.title.length).toBeGreaterThan(10);
    expect(golden.origin).toMatch(/^\[(seed|docs: [A-Z]\d+|sdk|assumed)/);
    stage.world = new World(dialect, golden);
    if (!needsOwnServer(golden)) return playCase(fixture, stage.world, golden);
    const own = await startFixture(dialect, stage, golden);
    try {
      await playCase(own, stage.world, golden);
    } finally {
      await own.close();
    }
  }

  it('lists no credential in what it keeps', () => {
    for (const golden of goldens) {
      const secrets = Object.values(golden.source?.credentials ?? {}).filter((secret) => secret.length > 8);
      const kept = JSON.stringify([golden.events ?? [], golden.rejections ?? []]);
      for (const secret of secrets) expect(kept.includes(secret)).toBe(false);
    }
  });

  it('describes credentials as strings', () => {
    const { properties } = dialect.credentials.schema;
    expect(isJsonObject(properties)).toBe(true);
    for (const schema of Object.values(properties ?? {})) expect(schema).toMatchObject({ type: 'string' });
  });
});
