import { chmod, copyFile, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot, startProcess, tempDir } from '../support/index.js';

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  /** Arguments of every call of npm. */
  readonly npmCalls: readonly string[];
}

const earlier = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T01:00:00Z');

/** A project with programs of our own in place of node and npm, so that a set-up function shows what it would do. */
async function project(
  nodeVersion = '20.19.0',
): Promise<{ readonly root: string; readonly run: (step: string) => Promise<Outcome> }> {
  const root = await tempDir();
  await Promise.all(['bin', 'apps', 'libs', 'dist', 'node_modules'].map((name) => mkdir(join(root, name))));
  await copyFile(join(projectRoot, 'scripts/setup.sh'), join(root, 'setup.sh'));
  const files = ['package.json', 'package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const name of [...files, 'apps/main.ts']) await touch(join(root, name), earlier);
  await program(join(root, 'bin/npm'), `echo "$*" >> ${join(root, 'npm-calls')}`);
  await program(
    join(root, 'bin/node'),
    `if [ "$1" = --version ]; then echo v${nodeVersion}; exit; fi
exec ${process.execPath} -e "Object.defineProperty(process.versions, 'node', { value: '${nodeVersion}' }); $2"`,
  );
  const run = async (step: string): Promise<Outcome> => {
    const env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin` };
    const shell = startProcess('/bin/sh', ['-euc', `. ./setup.sh; ${step}`], { cwd: root, env });
    const { code } = await shell.exited;
    const calls = await readFile(join(root, 'npm-calls'), 'utf8').catch(() => '');
    return { code, output: shell.output(), npmCalls: calls.split('\n').filter((line) => line !== '') };
  };
  return { root, run };
}

async function program(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

async function touch(path: string, at: Date): Promise<void> {
  await writeFile(path, '');
  await utimes(path, at, at);
}

describe('set-up', () => {
  it.each([
    ['18.20.4', 1],
    ['20.18.3', 1],
    ['20.19.0', 0],
    ['24.1.0', 0],
  ])('judges Node %s', async (version, code) => {
    const { run } = await project(version);
    const outcome = await run('require_node');
    expect(outcome.code).toBe(code);
    expect(outcome.output).toBe(code === 0 ? '' : `Node.js 20.19 or newer is needed; this is v${version}.\n`);
  });

  it('installs dependencies into a fresh clone, and says so', async () => {
    const { run } = await project();
    const outcome = await run('install_dependencies');
    expect(outcome.npmCalls).toEqual(['ci --include=dev --loglevel=error']);
    expect(outcome.output).toContain('Installing dependencies (npm ci)');
  });

  it('installs again when the lock file is newer, and only then', async () => {
    const { root, run } = await project();
    await touch(join(root, 'node_modules/.package-lock.json'), later);
    expect((await run('install_dependencies')).npmCalls).toEqual([]);
    await touch(join(root, 'package-lock.json'), new Date('2026-01-01T02:00:00Z'));
    expect((await run('install_dependencies')).npmCalls).toHaveLength(1);
  });

  it('builds what was never built, or has changed since', async () => {
    const { root, run } = await project();
    expect((await run('build_if_stale')).npmCalls).toEqual(['run --silent build']);
    await touch(join(root, 'dist/.built'), later);
    await touch(join(root, 'apps/new.spec.ts'), new Date('2026-01-01T02:00:00Z'));
    expect((await run('build_if_stale')).npmCalls).toHaveLength(1);
    await touch(join(root, 'apps/main.ts'), new Date('2026-01-01T02:00:00Z'));
    expect((await run('build_if_stale')).npmCalls).toHaveLength(2);
  });

  it('finds a server by either name and does not install another', async () => {
    const { root, run } = await project();
    await program(join(root, 'bin/valkey-server'), 'exit 0');
    const outcome = await run('install_redis');
    expect(outcome).toEqual({ code: 0, output: '', npmCalls: [] });
  });

  it('explains how to get a server where it cannot install one', async () => {
    const { run } = await project();
    const outcome = await run('explain_redis');
    expect(outcome.code).toBe(1);
    expect(outcome.output).toContain('apt-get install redis-server');
    expect(outcome.output).toContain('REDIS_URL=redis://host:6379');
  });
});
