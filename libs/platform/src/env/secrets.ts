import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from './environment.js';
import { ENCRYPTION_KEY_BYTES, isEncryptionKey } from './environment-rules.js';

/** The admin's bearer token and the key that encrypts credentials at rest. Injectable. */
export class Secrets {
  constructor(
    readonly adminToken: string,
    /** 32 bytes. */
    readonly encryptionKey: Buffer,
    /** Where the token can be read; undefined: it was given as ADMIN_TOKEN. */
    readonly adminTokenFile: string | undefined,
    /** 32 bytes each. */
    readonly previousEncryptionKeys: readonly Buffer[] = [],
  ) {}
}

/** Takes what the environment gives and generates the rest once, in files of mode 0600 under the data directory. */
export async function loadSecrets(environment: Environment): Promise<Secrets> {
  const { adminToken, encryptionKey, dataDir } = environment;
  const adminTokenFile = join(dataDir, 'admin-token');
  const token =
    adminToken ?? (await readOrCreate(adminTokenFile, () => `gw_admin_${randomBytes(24).toString('base64url')}`));
  const keyFile = join(dataDir, 'encryption-key');
  const key =
    encryptionKey ?? (await readOrCreate(keyFile, () => randomBytes(ENCRYPTION_KEY_BYTES).toString('base64')));
  if (!isEncryptionKey(key)) throw new Error(`${keyFile} does not hold 32 bytes as base64; put the right key back`);
  if (token === '') throw new Error(`${adminTokenFile} is empty; remove it and a new token is generated`);
  const previous = environment.previousEncryptionKeys.map((text) => Buffer.from(text, 'base64'));
  return new Secrets(
    token,
    Buffer.from(key, 'base64'),
    adminToken === undefined ? adminTokenFile : undefined,
    previous,
  );
}

async function readOrCreate(path: string, generate: () => string): Promise<string> {
  const existing = await readIfThere(path);
  if (existing !== undefined) return existing;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await createOnce(path, generate());
  return readFile(path, 'utf8').then((text) => text.trim());
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file appears whole or not at all, and the first writer wins: `link` refuses an existing name. */
async function createOnce(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  // A key that a power cut takes back would leave stored credentials unreadable.
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
