import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '../../../../test/support/index.js';
import { readEnvironment } from './environment.js';
import { loadSecrets } from './secrets.js';

describe('loadSecrets', () => {
  it('generates both once, readable by their owner only', async () => {
    const dataDir = join(await tempDir(), 'new');
    const first = await loadSecrets(readEnvironment({ DATA_DIR: dataDir }));
    const second = await loadSecrets(readEnvironment({ DATA_DIR: dataDir }));

    expect(second).toEqual(first);
    expect(first.adminToken).toMatch(/^gw_admin_[\w-]{32}$/);
    expect(first.adminTokenFile).toBe(join(dataDir, 'admin-token'));
    expect(await readFile(join(dataDir, 'admin-token'), 'utf8')).toBe(`${first.adminToken}\n`);
    expect(first.encryptionKey).toHaveLength(32);
    expect((await readdir(dataDir)).sort()).toEqual(['admin-token', 'encryption-key']);
    const modes = await Promise.all(
      [dataDir, join(dataDir, 'admin-token'), join(dataDir, 'encryption-key')].map(modeOf),
    );
    expect(modes).toEqual(['700', '600', '600']);
  });

  it('agrees with others that start at the same moment', async () => {
    const environment = readEnvironment({ DATA_DIR: await tempDir() });
    const all = await Promise.all(Array.from({ length: 8 }, () => loadSecrets(environment)));
    expect(new Set(all.map((secrets) => secrets.adminToken)).size).toBe(1);
    expect(new Set(all.map((secrets) => secrets.encryptionKey.toString('hex'))).size).toBe(1);
  });

  it('prefers what the environment gives and writes nothing then', async () => {
    const dataDir = await tempDir();
    const given = { ADMIN_TOKEN: 'mine', ENCRYPTION_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' };
    const secrets = await loadSecrets(readEnvironment({ DATA_DIR: dataDir, ...given }));

    expect(secrets.adminToken).toBe('mine');
    expect(secrets.adminTokenFile).toBeUndefined();
    expect(secrets.encryptionKey.toString('hex')).toBe(
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    );
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('refuses a damaged key instead of making a new one, which would lock up what is stored', async () => {
    const dataDir = await tempDir();
    await writeFile(join(dataDir, 'encryption-key'), 'damaged');
    await chmod(join(dataDir, 'encryption-key'), 0o600);
    await expect(loadSecrets(readEnvironment({ DATA_DIR: dataDir }))).rejects.toThrow(
      'does not hold 32 bytes as base64',
    );
    expect(await readFile(join(dataDir, 'encryption-key'), 'utf8')).toBe('damaged');
  });
});

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}
