import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ConnectorRegistry, scanConnectors } from '#destinations';
import { DialectRegistry } from '#dialects';
import type { ConnectorGolden } from '../conformance/connector-golden.js';
import { readGoldens, type Golden } from '../conformance/golden.js';
import { IngestFixture } from '../conformance/ingest-fixture.js';
import { World, type Stage } from '../conformance/memory-ports.js';
import { storedRequest } from '../conformance/stored-request.js';
import { ROOT } from './sources.js';

interface Ended {
  readonly code?: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = promisify(execFile);
const node = (...args: readonly string[]): Promise<Ended> => run(process.execPath, args, { cwd: ROOT });
const ended = (...args: readonly string[]) => node(...args).catch((error: unknown) => error as Ended);
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The first is no identifier in TypeScript, the second as long as a name may be. */
const NAMES = ['new', 'a-name-of-thirty-two-characters2'];

/** Below the project, so that `#canonical` and packages resolve as they do for the libraries that are copied there. */
let folder: string;
let dialects: string;
let destinations: string;

beforeAll(async () => {
  await mkdir(join(ROOT, '.scaffold'), { recursive: true });
  folder = await mkdtemp(join(ROOT, '.scaffold/run-'));
  dialects = join(folder, 'dialects');
  destinations = join(folder, 'destinations');
  const filter = (path: string): boolean => basename(path) !== 'golden' && !path.endsWith('.spec.ts');
  await cp(join(ROOT, 'libs/dialects/src'), dialects, { recursive: true, filter });
  await cp(join(ROOT, 'libs/destinations/src'), destinations, { recursive: true, filter });
  for (const name of NAMES) {
    await node('scripts/new-dialect.mjs', name, '--root', dialects);
    await node('scripts/new-destination.mjs', name, '--root', destinations);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run new:dialect', () => {
  const stage = {} as Stage;
  let registry: DialectRegistry;
  let fixture: IngestFixture;

  beforeAll(async () => {
    registry = await DialectRegistry.load(dialects);
    fixture = await IngestFixture.start(registry.all, stage);
  });
  afterAll(() => fixture.close());

  it('adds to the dialects that are there', () => {
    const names = registry.all.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...NAMES, 'flokit', 'kixo', 'klaviyo', 'vibefollow']));
  });

  it.each(NAMES)('%s answers, decodes and encodes as its cases say', async (name) => {
    const goldens = readGoldens(join(dialects, name));
    expect(goldens.map(({ file }) => file)).toEqual(['accepted.json', 'refused-item.json', 'unknown-key.json']);
    for (const golden of goldens) await play(golden, name);
  });

  async function play(golden: Golden, name: string): Promise<void> {
    const dialect = registry.get(name)!;
    const [route] = dialect.routes;
    stage.world = new World(dialect, golden);
    const { status, body } = await fixture.send(golden.request);
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: golden.response.status,
      body: golden.response.body,
    });
    const events = stage.world.appended
      .flatMap((append, request) => route!.decode(storedRequest(append, request)))
      .filter((event) => event !== undefined);
    expect(asJson(events)).toEqual(golden.events ?? []);
    expect(stage.world.rejected).toEqual(golden.rejections ?? []);
    if (golden.encoded) expect(asJson(route!.encode(events))).toEqual(golden.encoded);
  }
});

describe('npm run new:destination', () => {
  it.each(NAMES)('%s encodes and interprets as its case says', async (name) => {
    const registry = new ConnectorRegistry(await scanConnectors(pathToFileURL(`${destinations}/`)));
    const connector = registry.get(name);
    if (connector?.transport !== 'http') throw new Error(`${name} is no connector that sends HTTP`);
    const text = await readFile(join(destinations, name, 'golden/batch.json'), 'utf8');
    const { events, lane = '', settings, key, attemptAt, ...golden } = JSON.parse(text) as ConnectorGolden;
    expect(connector.place(events[0]!, settings)).toEqual({ kind: 'lane', lane });
    const request = connector.encode(events, lane, settings, { key, attemptAt: Date.parse(attemptAt) });
    expect({ ...request, body: JSON.parse(String(request.body)) as unknown }).toEqual({
      method: 'POST',
      ...golden.request,
    });
    expect(golden.answers).toHaveLength(2);
    for (const { response, means } of golden.answers ?? []) {
      const { status, headers = {}, body = '' } = response;
      expect(connector.interpret({ status, headers, body: JSON.stringify(body) }, events, lane)).toEqual(means);
    }
  });
});

describe('scaffolded folders', () => {
  it('pass types, lint and format as they are', async () => {
    const include = [dialects, destinations].flatMap((root) => NAMES.map((name) => join(root, name)));
    const tsconfig = { extends: join(ROOT, 'tsconfig.json'), compilerOptions: { noEmit: true }, include };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const sources = include.map((path) => `${path}/*.ts`);
    const checks = await Promise.all([
      ended('node_modules/typescript/bin/tsc', '-p', folder),
      ended('node_modules/eslint/bin/eslint.js', '--no-ignore', '--max-warnings', '0', ...include),
      ended('node_modules/prettier/bin/prettier.cjs', '--list-different', '--ignore-path', '/dev/null', ...sources),
    ]);
    expect(checks.map(({ code = 0, stdout }) => ({ code, stdout }))).toEqual(
      checks.map(() => ({ code: 0, stdout: '' })),
    );
  });

  it.each(['new-dialect', 'new-destination'])('%s refuses in a sentence, and writes nothing', async (script) => {
    const root = script === 'new-dialect' ? dialects : destinations;
    const refusal = (...args: readonly string[]) => ended(`scripts/${script}.mjs`, ...args);
    const before = await readFile(join(root, 'new/new.md'), 'utf8');
    expect(await refusal('new', '--root', root)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `${join(root, 'new')} exists already: choose another name, or remove it.\n`,
    });
    expect(await readFile(join(root, 'new/new.md'), 'utf8')).toBe(before);
    for (const name of ['Acme', '2go', 'a--b', '../acme', 'a'.repeat(33), '__proto__']) {
      expect((await refusal(name, '--root', root)).stderr).toContain(`"${name}" is no name: use lower-case letters`);
    }
    expect((await refusal('acme', '--root', join(root, 'nowhere'))).stderr).toContain('There is no folder ');
    expect((await refusal()).stderr).toMatch(/^Usage: npm run new:/);
  });
});
