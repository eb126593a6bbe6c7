import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOrder, LoadResult } from './load.js';

const compiled = import.meta.dirname;
const root = join(compiled, '../../../..');
/** What `npm start` tells Node and V8. */
const nodeFlags = startCommand().match(/--[a-z-]+(?:=\d+)?/g) ?? [];
const gatewayMain = join(root, 'dist/apps/gateway/src/main.js');

function startCommand(): string {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  return scripts.start;
}

const ends: (() => Promise<unknown>)[] = [];

/** Ends everything that was started, the latest first. */
export async function endAll(): Promise<void> {
  for (let end = ends.pop(); end; end = ends.pop()) await end();
}

export interface Running {
  readonly port: number;
  readonly pid: number;
  /** User and system time so far, in seconds. */
  cpuSeconds(): Promise<number>;
  rssBytes(): Promise<number>;
  end(): Promise<void>;
}

export interface RunningGateway extends Running {
  readonly dataDir: string;
  readonly adminToken: string;
  redisPid(): Promise<number>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function tempDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gw-bench-'));
  ends.push(() => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return path;
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  ends.push(() => end(child));
  return child;
}

function running(child: ChildProcess, port: number): Running {
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    cpuSeconds: () => cpuSecondsOf(pid),
    rssBytes: () => rssBytesOf(pid),
    end: () => end(child),
  };
}

/** One of the servers beside this file. */
export async function startServer(
  name: 'ceiling' | 'naive' | 'sink' | 'troubled-sink',
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const port = await freePort();
  const child = run(process.execPath, [join(compiled, `servers/${name}.js`)], { ...env, PORT: String(port) });
  await untilListening(port);
  return running(child, port);
}

/** As docs/operations.md advises. */
function durable(directory: string, fsync: 'always' | 'everysec'): readonly string[] {
  const file = ['--appendonly', 'yes', '--appendfsync', fsync, '--auto-aof-rewrite-min-size', '512mb'];
  return ['--dir', directory, '--save', '', ...file, '--rdbcompression', 'no', '--loglevel', 'warning'];
}

export async function startRedis(
  fsync: 'always' | 'everysec',
): Promise<{ readonly socketPath: string; end(): Promise<void> }> {
  const directory = await tempDir();
  const socketPath = join(directory, 'redis.sock');
  const child = run('redis-server', ['--port', '0', '--unixsocket', socketPath, ...durable(directory, fsync)], {});
  await sleep(500);
  return { socketPath, end: () => end(child) };
}

/** A Redis of its own on a TCP port, for several processes of the gateway. */
export async function startTcpRedis(
  fsync: 'always' | 'everysec' = 'always',
): Promise<Running & { readonly url: string }> {
  const directory = await tempDir();
  const port = await freePort();
  const child = run('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...durable(directory, fsync)], {});
  await untilListening(port);
  return { ...running(child, port), url: `redis://127.0.0.1:${port}` };
}

export async function startGateway(
  env: Readonly<Record<string, string>> = {},
  nodeArguments: readonly string[] = [],
): Promise<RunningGateway> {
  const port = await freePort();
  const dataDir = await tempDir();
  const child = run(process.execPath, [...nodeFlags, ...nodeArguments, gatewayMain], {
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    DESTINATION_ALLOWED_CIDRS: '127.0.0.0/8',
    ...env,
  });
  await untilReady(port);
  const adminToken = env.ADMIN_TOKEN ?? (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim();
  const redisPid = async (): Promise<number> => childrenOf(dataDir);
  return { ...running(child, port), dataDir, adminToken, redisPid };
}

export function load(order: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(compiled, 'load.js')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify(order));
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(text) as LoadResult) : reject(new Error(`load ended with ${code}`)),
    );
  });
}

async function untilListening(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const listens = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (listens) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function untilReady(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (
      await fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error('the gateway did not get ready');
}

const TICKS_PER_SECOND = 100;

async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function rssBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
}

/** The embedded Redis names its data directory on its command line. */
async function childrenOf(dataDir: string): Promise<number> {
  const { readdir } = await import('node:fs/promises');
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const commandLine = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes('redis-server') && commandLine.includes(dataDir)) return Number(entry);
  }
  return 0;
}

export { cpuSecondsOf, rssBytesOf };
