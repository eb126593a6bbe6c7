import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, tempDir } from './temp-dir.js';
import { startProcess, type Exit, type TiedProcess } from './tied-process.js';
import { until } from './until.js';

export interface TestRedis {
  readonly socketPath: string;
  readonly port: number;
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  /** Where its files lie. */
  readonly directory: string;
  /** Of the running server. */
  readonly pid: () => number;
  /** Resolves when the server that runs now has ended. */
  readonly ended: () => Promise<Exit>;
  /** Kill -9; what was on disk stays. */
  readonly kill: () => Promise<void>;
  /** After `kill`: the same data at the same address. */
  readonly start: () => Promise<void>;
  /** It keeps its connections and answers nothing, until `thaw`. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

/** Where a server is to run, if not simply here. */
export interface RedisPlace {
  /** The program, and its arguments, that becomes the server there. */
  readonly prefix: readonly string[];
  /** For its files, as the server finds it. */
  readonly directory: string;
  /** The same directory from here. */
  readonly seenAs: string;
}

const serverFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** A file that may not grow any more fails the write, as a full disk does, instead of ending the process. */
const writesMayFail = `trap '' XFSZ; exec "$0" "$@"`;

/** A port that was free a moment ago may be taken by now, and so may the second one that a cluster's node needs. */
const PORTS_TO_TRY = 5;

class RedisEnded extends Error {
  override readonly name = 'RedisEnded';
}

/** A real server of its own; `settings` are lines of redis.conf. Ends with the test file. */
export async function startRedis(
  settings: Readonly<Record<string, string>> = {},
  place?: RedisPlace,
): Promise<TestRedis> {
  for (let tries = 1; ; tries++) {
    try {
      return await startRedisAt(await freePort(), settings, place);
    } catch (error) {
      if (!(error instanceof RedisEnded) || tries === PORTS_TO_TRY) throw error;
    }
  }
}

async function startRedisAt(
  port: number,
  settings: Readonly<Record<string, string>>,
  place: RedisPlace | undefined,
): Promise<TestRedis> {
  const directory = await tempDir();
  const socketPath = join(directory, 'redis.sock');
  const all = {
    port: String(port),
    bind: '127.0.0.1',
    unixsocket: socketPath,
    dir: place?.directory ?? directory,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const executable = await findServer();
  const [program = '', ...words] = [...(place?.prefix ?? []), '/bin/sh', '-c', writesMayFail, executable, ...args];
  const env = { LC_ALL: 'C', PATH: process.env.PATH ?? '' };
  const launch = (): TiedProcess => startProcess(program, words, { env });
  const answering = async (started: TiedProcess): Promise<TiedProcess> => {
    let end: Exit | undefined;
    void started.exited.then((exit) => (end = exit));
    await until(async () => end ?? (await answersPing(socketPath)), { what: 'redis-server to answer' });
    if (end) throw new RedisEnded(`with ${end.code ?? end.signal}: ${started.output()}`);
    return started;
  };
  let server = await answering(launch());
  const start = async (): Promise<void> => {
    server = launch();
    await answering(server);
  };
  return {
    directory: place?.seenAs ?? directory,
    pid: () => server.pid,
    ended: () => server.exited,
    socketPath,
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: async () => void (await server.killGroup()),
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
  };
}

/** Whether a server behind this socket has loaded its data. */
export async function answersPing(socketPath: string): Promise<boolean> {
  return send(socketPath, 'PING').then(
    (reply) => reply.startsWith('+PONG'),
    () => false,
  );
}

/** One command in words, and the raw reply to it. */
export function send(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${command}\r\n`));
    socket.once('data', (reply) => {
      socket.destroy();
      resolve(reply.toString());
    });
    socket.once('error', reject);
    socket.once('end', () => reject(new Error('The server closed the connection')));
  });
}

export async function findServer(): Promise<string> {
  for (const candidate of serverFolders.flatMap((folder) => [`${folder}/redis-server`, `${folder}/valkey-server`])) {
    const exists = await access(candidate).then(
      () => true,
      () => false,
    );
    if (exists) return candidate;
  }
  throw new Error('The tests need redis-server or valkey-server');
}
