import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** macOS allows 103 bytes, Linux 107. */
const MAX_SOCKET_PATH_BYTES = 103;
const LONGEST_NAME_BYTES = '/gateway-01234567.sock'.length;

/**
 * The one directory for the sockets of a data directory, whatever path leads to it. A path too long for sockets gets a
 * private directory below `/tmp`, never below TMPDIR: two gateways must meet there even if their TMPDIR differs.
 */
export async function socketDirectory(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const real = await realpath(dataDir);
  const nearby = join(real, 'run');
  const fits = Buffer.byteLength(nearby) + LONGEST_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
  const directory = fits ? nearby : join('/tmp', `event-gateway-${userInfo().uid}-${digest(real)}`);
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await refuseForeign(directory);
  return directory;
}

/** Somebody else could have put a directory of that name into `/tmp` before us. */
async function refuseForeign(directory: string): Promise<void> {
  const status = await lstat(directory);
  const isPrivate = status.isDirectory() && status.uid === userInfo().uid && (status.mode & 0o077) === 0;
  if (!isPrivate) throw new Error(`${directory} must be a directory of this user with mode 0700; remove it`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
