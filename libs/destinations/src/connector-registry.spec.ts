import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Connector, LogConnector } from './connector.js';
import { ConnectorRegistry } from './connector-registry.js';
import { scanConnectors } from './connector-scan.js';
import log from './log/log.connector.js';

const named = (type: string, more: Partial<LogConnector> = {}): Connector => ({ ...log, type, ...more });

describe('ConnectorRegistry', () => {
  it('finds the connectors beside it and takes those it is given', async () => {
    const registry = await ConnectorRegistry.load([named('brought-along')]);
    const types = registry.all().map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['brought-along', 'log', 'webhook']));
    expect(types).toEqual([...types].sort());
    expect(registry.get('log')).toBe(log);
    expect(registry.get('nonesuch')).toBeUndefined();
  });

  it('refuses two connectors of one type', async () => {
    await expect(ConnectorRegistry.load([named('log')])).rejects.toThrow(
      'Connectors cannot be used:\n- log: two connectors have this type; rename one of them and its folder',
    );
  });

  it('lists every fault and what to write where', () => {
    const faulty = named('acme', {
      configSchema: { type: 'object', properties: { url: { type: 'sting' } } },
      credentialsSchema: { type: 'string' },
      limits: { maxEvents: 100, maxBytes: 500_000 },
      defaults: { ...log.defaults, concurrency: 0, rateLimit: [{ requests: 0, perSeconds: 1 }] },
    });
    expect(() => new ConnectorRegistry([faulty, named('Bad Name')])).toThrow(
      [
        'Connectors cannot be used:',
        '- acme.connector.ts: configSchema: is no valid JSON Schema (draft 2020-12): schema is invalid: ' +
          'data/properties/url/type must be equal to one of the allowed values, data/properties/url/type must be array, ' +
          'data/properties/url/type must match a schema in anyOf',
        '- acme.connector.ts: credentialsSchema: write a JSON Schema with "type": "object"',
        '- acme.connector.ts: defaults.concurrency is 0: write a whole number of at least 1',
        '- acme.connector.ts: defaults.batch.maxEvents is 500, above limits.maxEvents (100): lower the default',
        '- acme.connector.ts: defaults.batch.maxBytes is 1000000, above limits.maxBytes (500000): lower the default',
        '- acme.connector.ts: defaults.rateLimit: every window needs at least 1 request and a time above 0 seconds',
        '- Bad Name.connector.ts: type: use lower-case letters, digits and hyphens',
      ].join('\n'),
    );
  });
});

describe('scanConnectors', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'connectors-'));
    await writeFile(join(root, 'package.json'), '{"type":"module"}');
  });

  afterEach(() => rm(root, { recursive: true }));

  async function folder(name: string, file: string, code: string): Promise<void> {
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, file), code);
  }

  const scan = () => scanConnectors(pathToFileURL(`${root}/`));

  it('passes over folders without a connector', async () => {
    await folder('docs', 'readme.md', '');
    await folder('acme', 'other.connector.ts', 'export default {};');
    expect(await scan()).toEqual([]);
  });

  it('takes each folder’s connector, in the order of their names', async () => {
    for (const type of ['beta', 'alpha']) {
      await folder(type, `${type}.connector.ts`, `export default { type: '${type}', transport: 'log', defaults: {} };`);
    }
    expect((await scan()).map(({ type }) => type)).toEqual(['alpha', 'beta']);
  });

  it('refuses a type that is not the folder’s name', async () => {
    await folder('acme', 'acme.connector.ts', `export default { type: 'emca', transport: 'log', defaults: {} };`);
    await expect(scan()).rejects.toThrow(
      `acme/acme.connector.ts: its type is "emca"; write type: 'acme' or rename the folder`,
    );
  });

  it('refuses a file without a connector', async () => {
    await folder('acme', 'acme.connector.ts', 'export const acme = 1;');
    await expect(scan()).rejects.toThrow('acme/acme.connector.ts: write "export default" with a Connector');
  });
});
