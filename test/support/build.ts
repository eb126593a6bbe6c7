import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.js';

/** The same whether this file runs as it is or compiled, deeper below. */
export const projectRoot = rootAbove(import.meta.dirname);
export const mainScript = join(projectRoot, 'dist/apps/gateway/src/main.js');

const run = promisify(execFile);
const sources = ['apps', 'libs', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];
const lockPath = join(projectRoot, 'node_modules/.build-lock');
const buildTimeoutMs = 180_000;

let built: Promise<void> | undefined;

/** Builds what the tests run, once, unless it is up to date. Several test files may ask at the same time. */
export function ensureBuilt(): Promise<void> {
  built ??= buildIfStale();
  return built;
}

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}

async function buildIfStale(): Promise<void> {
  if (await isFresh()) return;
  const lock = await until(() => takeLock(), { timeoutMs: buildTimeoutMs, what: `${lockPath} to be released` });
  try {
    if (!(await isFresh()))
      await run('npm', ['run', '--silent', 'build'], { cwd: projectRoot, timeout: buildTimeoutMs });
  } finally {
    await lock.close();
    await rm(lockPath, { force: true });
  }
}

async function takeLock(): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    return await open(lockPath, 'wx');
  } catch {
    const age = Date.now() - (await modifiedAt(lockPath));
    if (age > buildTimeoutMs) await rm(lockPath, { force: true });
    return undefined;
  }
}

async function isFresh(): Promise<boolean> {
  const builtAt = await modifiedAt(join(projectRoot, 'dist/.built'));
  if (builtAt === 0) return false;
  const changes = await Promise.all(sources.map((source) => newest(join(projectRoot, source))));
  return Math.max(...changes) <= builtAt;
}

async function newest(path: string): Promise<number> {
  const status = await stat(path);
  if (!status.isDirectory()) return status.mtimeMs;
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const relevant = files.filter((file) => file.isFile() && !file.name.endsWith('.spec.ts'));
  const times = await Promise.all(relevant.map((file) => modifiedAt(join(file.parentPath, file.name))));
  return Math.max(0, ...times);
}

/** 0 if there is no such file. */
async function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    (status) => status.mtimeMs,
    () => 0,
  );
}
