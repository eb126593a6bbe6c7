import { spawn } from 'node:child_process';
import { onEnd } from './resources.js';

/** Becomes the program; what stays behind kills its whole group when the pipe on descriptor 3 closes. */
const launcher = `
( ( read -r _ <&3; kill -KILL -$$ ) >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
`;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TiedProcess {
  readonly pid: number;
  /** Standard output and error so far. */
  readonly output: () => string;
  readonly exited: Promise<Exit>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGKILL to it and everything in its process group. */
  readonly killGroup: () => Promise<Exit>;
}

export interface ProcessSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A process in a group of its own that dies with this test, however the test dies. */
export function startProcess(command: string, args: readonly string[], { env, cwd }: ProcessSettings): TiedProcess {
  const child = spawn('/bin/sh', ['-c', launcher, 'tied', command, ...args], {
    detached: true,
    env: { ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  let text = '';
  let isRunning = true;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => (text += part));
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      isRunning = false;
      resolve({ code, signal });
    });
  });
  const killGroup = (): Promise<Exit> => {
    if (isRunning) process.kill(-pid, 'SIGKILL');
    return exited;
  };
  onEnd(async () => {
    await killGroup();
    child.stdio[3]?.destroy();
  });
  return { pid, output: () => text, exited, killGroup, signal: (signal) => void child.kill(signal) };
}
