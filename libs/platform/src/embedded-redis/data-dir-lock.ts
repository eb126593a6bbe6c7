import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

type Rival =
  | { readonly kind: 'gone' }
  | { readonly kind: 'waiting'; readonly name: string; readonly pid: string }
  | { readonly kind: 'held'; readonly name: string; readonly pid: string };

const ANSWER_TIMEOUT_MS = 2_000;
const RETRY_MS = 50;

/**
 * Keeps a data directory to one process. Everyone who wants it first listens on a socket of a name of its own, then
 * looks who else listens, and owns the directory only if nobody does: of two, the later always sees the earlier. The
 * kernel ends a listener with its process, so a kill -9 releases the lock, and as names are never used twice, a
 * leftover can be removed without hitting anybody alive.
 */
export class DataDirLock {
  private state: 'waiting' | 'held' = 'waiting';
  private readonly server: Server;

  private constructor(
    private readonly directory: string,
    private readonly name: string,
  ) {
    this.server = createServer((socket) => {
      socket.on('error', () => undefined);
      // Not left to the other side, who could keep `release` waiting.
      socket.end(`${this.state} ${process.pid}\n`, () => socket.destroy());
    });
  }

  /** Rejects if another process has the directory, or is about to. */
  static async acquire(directory: string, dataDir: string): Promise<DataDirLock> {
    const lock = new DataDirLock(directory, `gateway-${randomBytes(4).toString('hex')}.sock`);
    await lock.listen();
    try {
      await lock.win(dataDir);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return lock;
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(join(this.directory, this.name), resolve);
    });
    // The lock must not keep a process alive that has nothing else to do.
    this.server.unref();
  }

  private async win(dataDir: string): Promise<void> {
    for (;;) {
      const rivals = await this.rivals();
      const winner = rivals.find(
        (rival) => rival.kind === 'held' || (rival.kind === 'waiting' && rival.name < this.name),
      );
      if (winner && winner.kind !== 'gone') {
        throw new Error(
          `${dataDir} is in use by another gateway (process ${winner.pid}); stop it or set another DATA_DIR`,
        );
      }
      if (rivals.every((rival) => rival.kind === 'gone')) break;
      await delay(RETRY_MS);
    }
    this.state = 'held';
    await this.removeLeftovers();
  }

  private async rivals(): Promise<readonly Rival[]> {
    const names = await this.otherNames();
    return Promise.all(names.map((name) => ask(this.directory, name)));
  }

  /** Only by the owner: whoever lost its name to this sees that the directory is held. */
  private async removeLeftovers(): Promise<void> {
    for (const name of await this.otherNames()) {
      const rival = await ask(this.directory, name);
      if (rival.kind === 'gone') await rm(join(this.directory, name), { force: true });
    }
  }

  private async otherNames(): Promise<readonly string[]> {
    const names = await readdir(this.directory);
    return names.filter((name) => /^gateway-[0-9a-f]{8}\.sock$/.test(name) && name !== this.name);
  }
}

/** Silence counts as held: a stopped or busy process is alive. */
function ask(directory: string, name: string): Promise<Rival> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(join(directory, name));
    const settle = (rival: Rival | Promise<Rival>): void => {
      socket.destroy();
      resolve(rival);
    };
    socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS, () => settle({ kind: 'held', name, pid: 'unknown' }));
    socket.on('data', (text: string) => (answer += text));
    socket.on('end', () => settle(readAnswer(answer, name) ?? ask(directory, name)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') settle({ kind: 'gone' });
      else if (error.code === 'ECONNRESET' || error.code === 'EPIPE') settle(ask(directory, name));
      else settle({ kind: 'held', name, pid: 'unknown' });
    });
  });
}

/** Undefined: it died while answering. */
function readAnswer(answer: string, name: string): Rival | undefined {
  const [, kind, pid = 'unknown'] = /^(held|waiting) (\d+)\n$/.exec(answer) ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind === 'held' ? 'held' : 'waiting', name, pid };
}
