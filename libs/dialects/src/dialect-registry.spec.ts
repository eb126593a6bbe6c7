import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import flokit from './flokit/flokit.dialect.js';
import { DialectRegistry } from './dialect-registry.js';

describe('DialectRegistry', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dialects-'));
    await writeFile(join(root, 'package.json'), '{"type":"module"}');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function writeFolder(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(join(root, folder));
    for (const [file, text] of Object.entries(files)) await writeFile(join(root, folder, file), text);
  }

  it('finds the dialects beside it', async () => {
    const registry = await DialectRegistry.load();
    const names = registry.all.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['flokit', 'kixo', 'klaviyo', 'vibefollow']));
    expect(registry.get('flokit')?.title).toBe('FloKit');
    expect(registry.get('FloKit')).toBeUndefined();
  });

  it('passes over the folders of the mechanism', async () => {
    await mkdir(join(root, 'ingest'));
    await mkdir(join(root, 'json'));
    expect((await DialectRegistry.load(root)).all).toEqual([]);
  });

  it('says which files are missing, and where to write them', async () => {
    await writeFolder('acme', { 'acme.dialect.ts': '', 'acme.wire.ts': '' });
    await expect(DialectRegistry.load(root)).rejects.toThrow(
      'acme/ lacks acme.mapping.ts, acme.errors.ts: write it in libs/dialects/src/acme/',
    );
  });

  it('reports every fault at once', async () => {
    await writeFolder('acme', {});
    await writeFolder('beta', {});
    await expect(DialectRegistry.load(root)).rejects.toThrow(/acme\/ lacks .*\n.*beta\/ lacks /s);
  });

  it.each([
    ['export default { name: "acne" };', 'calls itself "acne": its name must equal its folder, "acme"'],
    ['export const acme = 1;', 'acme/acme.dialect.ts has no default export: export the Dialect as default'],
    [
      'export default { name: "acme" };',
      'acme/acme.dialect.ts must have either claim (headers, query) or claimFromBody',
    ],
  ])('refuses %s', async (text, message) => {
    const rest = { 'acme.wire.ts': '', 'acme.mapping.ts': '', 'acme.errors.ts': '' };
    await writeFolder('acme', { ...rest, 'acme.dialect.ts': text });
    await expect(DialectRegistry.load(root)).rejects.toThrow(message);
  });

  it('refuses two dialects with the same name, route or path', () => {
    expect(() => DialectRegistry.of([flokit, { ...flokit, name: 'other' }])).toThrow(
      'route id "flokit.batch" is declared by flokit.dialect and again by other.dialect: change one of them',
    );
    expect(() => DialectRegistry.of([flokit, { ...flokit, name: 'other' }])).toThrow(
      'POST /v1/batch/events is declared by flokit.dialect and again by other.dialect',
    );
    expect(() => DialectRegistry.of([flokit, { ...flokit, name: 'other' }])).toThrow('owned path /v1/ is declared by');
  });
});
