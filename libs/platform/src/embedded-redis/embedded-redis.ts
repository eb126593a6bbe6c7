import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/index.js';
import { DataDirLock } from './data-dir-lock.js';
import { findServer } from './find-server.js';
import { awaitEarlierServers } from './leftovers.js';
import { ping } from './server-probe.js';
import { ServerProcess, type ServerFiles } from './server-process.js';
import { socketDirectory } from './socket-directory.js';

export interface EmbeddedRedisSettings {
  /** Absolute. */
  readonly dataDir: string;
  /** Where a server is looked for, as in `PATH`. */
  readonly searchPath: string;
  readonly log: Log;
}

const POLL_MS = 20;
const PROGRESS_EVERY_MS = 5_000;
const MIN_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 5_000;
/** A life at least this long starts the backoff over. */
const STEADY_MS = 10_000;
/** What was acknowledged is on disk: after this a server that does not end is killed. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * A Redis of our own on a unix socket, every write on disk before it is answered. It outlives nothing: it ends after
 * `stop()`, or when this process dies. If it dies first it is started again on the same socket.
 */
export class EmbeddedRedis {
  private server: ServerProcess;
  private readonly stopping = new AbortController();
  private readonly guarding: Promise<void>;

  private constructor(
    private readonly files: ServerFiles,
    private readonly lock: DataDirLock,
    private readonly log: Log,
    server: ServerProcess,
  ) {
    this.server = server;
    this.guarding = this.guard();
  }

  /** Resolves when the server has loaded its data. Rejects if the directory is in use or no server can be run. */
  static async start({ dataDir, searchPath, log }: EmbeddedRedisSettings): Promise<EmbeddedRedis> {
    const executable = await findServer(searchPath);
    const directory = await socketDirectory(dataDir);
    const lock = await DataDirLock.acquire(directory, dataDir);
    try {
      await awaitEarlierServers(directory, log);
      const storeDir = join(dataDir, 'redis');
      await mkdir(storeDir, { recursive: true, mode: 0o700 });
      const socketPath = join(directory, `redis-${randomBytes(4).toString('hex')}.sock`);
      const files = { executable, socketPath, storeDir };
      const server = await startServer(files, log);
      log.info({ executable, socketPath, pid: server.pid }, 'Embedded Redis is up');
      return new EmbeddedRedis(files, lock, log, server);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get socketPath(): string {
    return this.files.socketPath;
  }

  /** Process number of the server; undefined while it is being started again. */
  get pid(): number | undefined {
    return this.server.running ? this.server.pid : undefined;
  }

  /** Resolves when the server has ended and the data directory is free. */
  async stop(): Promise<void> {
    if (this.stopping.signal.aborted) return this.guarding;
    this.stopping.abort();
    await this.guarding;
    await this.lock.release();
  }

  private async guard(): Promise<void> {
    let restartDelayMs = MIN_RESTART_DELAY_MS;
    while (!this.stopping.signal.aborted) {
      const startedAt = Date.now();
      const how = await Promise.race([this.server.ended, aborted(this.stopping.signal)]);
      if (this.stopping.signal.aborted) break;
      this.log.error({ how, lastWords: this.server.lastWords }, 'Embedded Redis died; starting it again');
      if (Date.now() - startedAt > STEADY_MS) restartDelayMs = MIN_RESTART_DELAY_MS;
      await delay(restartDelayMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      restartDelayMs = Math.min(restartDelayMs * 2, MAX_RESTART_DELAY_MS);
      if (!this.stopping.signal.aborted) this.server = new ServerProcess(this.files, this.log);
    }
    await end(this.server);
  }
}

async function end(server: ServerProcess): Promise<void> {
  if (!server.running) return;
  server.signal('SIGTERM');
  const timer = setTimeout(() => server.signal('SIGKILL'), STOP_TIMEOUT_MS);
  await server.ended;
  clearTimeout(timer);
}

async function startServer(files: ServerFiles, log: Log): Promise<ServerProcess> {
  const server = new ServerProcess(files, log);
  try {
    await awaitLoaded(server, files.socketPath, log);
    return server;
  } catch (error) {
    await end(server);
    throw error;
  }
}

async function awaitLoaded(server: ServerProcess, socketPath: string, log: Log): Promise<void> {
  const startedAt = Date.now();
  let saidAt = startedAt;
  for (;;) {
    if (!server.running) {
      throw new Error(`Redis did not start (${await server.ended}): ${server.lastWords.slice(-5).join(' | ')}`);
    }
    if ((await ping(socketPath)) === 'up') return;
    if (Date.now() - saidAt > PROGRESS_EVERY_MS) {
      saidAt = Date.now();
      log.info({ waitedSeconds: Math.round((saidAt - startedAt) / 1_000) }, 'Embedded Redis is reading its data');
    }
    await delay(POLL_MS);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
