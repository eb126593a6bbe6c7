import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  admin,
  dialectClients,
  eventsAt,
  freePort,
  projectRoot,
  startProcess,
  startRedis,
  startSink,
  tempDir,
  until,
} from '../support/index.js';
import { ensureBuilt } from '../support/build.js';
import { readDockerfile, type Stage, type Step } from '../support/dockerfile.js';

/**
 * What an engine would do, in an empty folder. `IMAGE_STEPS=all npm test -- image` runs every RUN step as it stands, which
 * takes minutes and the network; otherwise their results are taken from this installation.
 */
const runsAll = process.env.IMAGE_STEPS === 'all';

/** `nobody`, on Debian and elsewhere. */
const NOBODY = 65_534;
const ADMIN_TOKEN = 'token';
const ENCRYPTION_KEY = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

const run = promisify(execFile);

interface LockedPackages {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/** Another user can only be taken on by root, and only where that user may enter. */
async function mayBeNobody(folder: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  for (let path = folder; path !== '/'; path = dirname(path)) {
    if (((await stat(path)).mode & 0o001) === 0) return false;
  }
  return true;
}

class Engine {
  private readonly folders = new Map<string, string>();
  env: Readonly<Record<string, string>> = {};
  command: readonly string[] = [];

  constructor(
    private readonly home: string,
    private readonly registry: string,
  ) {}

  /** Gives the folder of the stage. */
  async build({ name, steps }: Stage): Promise<string> {
    const folder = join(this.home, name === '' ? 'image' : name);
    await mkdir(folder, { mode: 0o755 });
    this.folders.set(name, folder);
    for (const step of steps) await this.take(step, folder);
    return folder;
  }

  private async take(step: Step, folder: string): Promise<void> {
    switch (step.kind) {
      case 'copy':
        return this.copy(step, folder);
      case 'run':
        return runsAll ? this.runAsNobody(step.command, folder) : takeFromHere(step.command, folder);
      case 'env':
        this.env = { ...this.env, ...step.values };
        return;
      case 'cmd':
        this.command = step.words;
        return;
      case 'other':
        return;
    }
  }

  private async copy({ fromStage, sources, target }: Step & { kind: 'copy' }, folder: string): Promise<void> {
    for (const source of sources) {
      const origin = fromStage === undefined ? projectRoot : (this.folders.get(fromStage) ?? '');
      const from = join(origin, source.replace(/^\/app\//, ''));
      const to = target === './' ? join(folder, basename(from)) : join(folder, target);
      // What a stage made is used once: moving it takes no time.
      if (fromStage === undefined) await run('cp', ['-R', from, to]);
      else await rename(from, to);
    }
  }

  private async runAsNobody(command: string, folder: string): Promise<void> {
    const env = { PATH: process.env.PATH ?? '', HOME: this.home, npm_config_registry: this.registry };
    const user = (await mayBeNobody(folder)) ? { uid: NOBODY, gid: NOBODY } : {};
    if (user.uid !== undefined) {
      await chown(this.home, NOBODY, NOBODY);
      await run('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
    }
    await run('/bin/sh', ['-c', command], { cwd: folder, env, ...user, maxBuffer: 64 * 1024 * 1024 });
  }
}

/** The results of the steps, as this installation has them. Throws for a step it does not know. */
async function takeFromHere(command: string, folder: string): Promise<void> {
  switch (command) {
    case 'npm ci --include=dev':
      return;
    case 'npm run build':
      await ensureBuilt();
      await run('cp', ['-R', join(projectRoot, 'dist'), folder]);
      return;
    case 'npm ci --omit=dev': {
      const lock = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as LockedPackages;
      const packages = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
      await copyPackages(
        packages.map(([path]) => path),
        folder,
      );
      return;
    }
    default:
      throw new Error(`The Dockerfile has a step that is unknown here: ${command}`);
  }
}

/** Those at the top, with the packages inside them; optional ones may be absent. */
async function copyPackages(paths: readonly string[], folder: string): Promise<void> {
  const byScope = new Map<string, string[]>();
  for (const path of paths) {
    const [, scope = '', name] = /^node_modules\/(?:(@[^/]+)\/)?([^/]+)$/.exec(path) ?? [];
    if (name === undefined || !existsSync(join(projectRoot, path))) continue;
    byScope.set(scope, [...(byScope.get(scope) ?? []), join(projectRoot, path)]);
  }
  for (const [scope, packages] of byScope) {
    const target = join(folder, 'node_modules', scope);
    await mkdir(target, { recursive: true });
    await run('cp', ['-R', ...packages, target]);
  }
}

describe('the image', () => {
  it(
    'starts with production dependencies alone, as a user without rights, and takes a batch of each dialect',
    async () => {
      const home = await tempDir();
      await run('chmod', ['711', home]);
      const { stdout: registry } = await run('npm', ['config', 'get', 'registry'], { cwd: projectRoot });
      const engine = new Engine(home, registry.trim());
      const stages = readDockerfile(await readFile(join(projectRoot, 'Dockerfile'), 'utf8'));
      let image = '';
      for (const stage of stages) image = await engine.build(stage);
      await expect(stat(join(image, 'node_modules/jest'))).rejects.toThrow('ENOENT');

      const [redis, sink, port] = await Promise.all([startRedis(), startSink(), freePort()]);
      const drop = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
      const [command = '', ...args] = [...((await mayBeNobody(image)) ? drop : []), ...engine.command];
      const server = startProcess(command, args, {
        cwd: image,
        env: {
          PATH: process.env.PATH ?? '',
          ...engine.env,
          PORT: String(port),
          REDIS_URL: redis.url,
          ADMIN_TOKEN,
          ENCRYPTION_KEY,
          DESTINATION_ALLOWED_CIDRS: '127.0.0.0/8',
        },
      });
      const baseUrl = `http://127.0.0.1:${port}`;
      await until(async () => (await fetch(`${baseUrl}/health/ready`)).ok, {
        timeoutMs: 30_000,
        what: `the image to be ready: ${server.output()}`,
      });
      const control = admin({ baseUrl, adminToken: ADMIN_TOKEN });
      await control.createDestination({ config: { url: sink.url } });
      for (const client of dialectClients) {
        const { dialect, credentials, success } = client;
        await control.createSource({ dialect, credentials });
        const kind = dialect === 'vibefollow' ? 'untimed' : 'timed';
        const { path, headers, body } = client.request([
          { mark: dialect, name: 'tick', user: 'u-1', time: '2026-05-01T10:00:05.000Z', kind },
        ]);
        const answer = await fetch(baseUrl + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
        expect([dialect, success.includes(answer.status)]).toEqual([dialect, true]);
      }
      await until(() => eventsAt(sink).length === dialectClients.length);
      const marks = eventsAt(sink).map(({ properties }) => properties.mark);
      expect([...marks].sort()).toEqual(['flokit', 'kixo', 'klaviyo', 'vibefollow']);
      server.signal('SIGTERM');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    },
    runsAll ? 900_000 : 180_000,
  );
});
