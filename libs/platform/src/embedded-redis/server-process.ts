import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Log } from '../log/index.js';

/**
 * Becomes the server, leaving behind a watcher that ends it when the pipe on descriptor 3 closes without a word: that
 * is what happens when the gateway dies, however it dies. A line on the pipe dismisses the watcher.
 */
const LAUNCHER = `
( ( read -r _ <&3 || kill -TERM $$ ) >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
`;

const KEPT_LINES = 20;

export interface ServerFiles {
  readonly executable: string;
  readonly socketPath: string;
  /** Where the append-only file lives. */
  readonly storeDir: string;
}

/** One life of the server. In a session of its own: neither Ctrl-C nor a kill of the gateway's group reaches it. */
export class ServerProcess {
  /** Resolves when the process has ended, with how. */
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private readonly pipe: Writable | undefined;
  private readonly lastLines: string[] = [];
  private isRunning = true;
  private isSteady = false;

  constructor(files: ServerFiles, log: Log) {
    this.child = spawn('/bin/sh', ['-c', LAUNCHER, 'redis', files.executable, ...settings(files)], {
      cwd: files.storeDir,
      detached: true,
      // Nothing of the gateway's environment: it may hold secrets.
      env: { LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    // 'pipe' above descriptor 2 is a duplex stream, but may be missing if nothing could be started.
    const pipe = this.child.stdio[3];
    this.pipe = pipe && 'write' in pipe ? pipe : undefined;
    this.pipe?.on('error', () => undefined);
    this.listen(this.child.stdout, log);
    this.listen(this.child.stderr, log);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(this.end(error.message)));
      this.child.once('exit', (code, signal) => resolve(this.end(signal ?? `exit code ${code}`)));
    });
  }

  get running(): boolean {
    return this.isRunning;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What the server said last, for the message when it did not start. */
  get lastWords(): readonly string[] {
    return this.lastLines;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.isSteady = false;
    this.child.kill(signal);
  }

  private end(how: string): string {
    this.isRunning = false;
    // The process number may soon be another's: the watcher must not use it any more.
    this.pipe?.end('ended\n');
    return how;
  }

  private listen(stream: Readable | null, log: Log): void {
    if (!stream) return;
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return;
      this.lastLines.push(line);
      if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
      // While it starts and ends, a server warns about things that are so by design.
      if (this.isSteady && / # /.test(line)) log.warn({}, line);
      else log.debug({}, line);
      if (line.includes('Ready to accept connections')) this.isSteady = true;
    });
  }
}

function settings(files: ServerFiles): readonly string[] {
  const directives: Readonly<Record<string, string>> = {
    port: '0',
    unixsocket: files.socketPath,
    unixsocketperm: '600',
    dir: files.storeDir,
    daemonize: 'no',
    databases: '1',
    appendonly: 'yes',
    appendfsync: 'always',
    'no-appendfsync-on-rewrite': 'no',
    'aof-load-truncated': 'yes',
    'auto-aof-rewrite-min-size': '512mb',
    // What there is much of is compressed already: trying again takes most of a rewrite's time, and writes wait meanwhile.
    rdbcompression: 'no',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
}
