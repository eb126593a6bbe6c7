import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SERVER_NAMES = ['redis-server', 'valkey-server'];
/** Where packages put servers that a service's short PATH may leave out. */
const USUAL_PLACES = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];
const OLDEST = { major: 6, minor: 2 };

/** The absolute path of a server new enough. Rejects with what to do when there is none. */
export async function findServer(searchPath: string): Promise<string> {
  const tooOld: string[] = [];
  for (const candidate of candidates(searchPath)) {
    if (!(await isExecutable(candidate))) continue;
    const version = await versionOf(candidate);
    if (version.major > OLDEST.major || (version.major === OLDEST.major && version.minor >= OLDEST.minor))
      return candidate;
    tooOld.push(`${candidate} is ${version.major}.${version.minor}`);
  }
  const found = tooOld.length > 0 ? `too old: ${tooOld.join(', ')}` : 'none was found';
  throw new Error(
    `The embedded Redis needs redis-server or valkey-server ${OLDEST.major}.${OLDEST.minor} or newer; ${found}. ` +
      'Install one (apt-get install redis-server, brew install redis) or set REDIS_URL to a server of your own.',
  );
}

function candidates(searchPath: string): readonly string[] {
  const folders = [...new Set([...searchPath.split(delimiter), ...USUAL_PLACES])].filter((folder) =>
    isAbsolute(folder),
  );
  return SERVER_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(server: string): Promise<{ readonly major: number; readonly minor: number }> {
  const answer = await run(server, ['--version'], { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  const [, major = '0', minor = '0'] = /\bv=(\d+)\.(\d+)/.exec(answer.stdout) ?? [];
  return { major: Number(major), minor: Number(minor) };
}
