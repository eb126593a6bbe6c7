import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt, mainScript } from './build.js';
import { freePort, tempDir } from './temp-dir.js';
import { startProcess, type Exit, type TiedProcess } from './tied-process.js';
import { until } from './until.js';

export interface GatewaySettings {
  /** On top of HOST, PORT and DATA_DIR; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the program, e.g. `--quickstart`. */
  readonly args?: readonly string[];
  /** Kept between starts when given; otherwise a new one. */
  readonly dataDir?: string;
  readonly port?: number;
  /** False: does not wait for `/health/ready`. */
  readonly untilReady?: boolean;
  readonly readyTimeoutMs?: number;
}

export interface Gateway {
  readonly baseUrl: string;
  readonly port: number;
  readonly dataDir: string;
  readonly pid: number;
  readonly adminToken: string;
  /** Everything it wrote so far. */
  readonly output: () => string;
  readonly exited: Promise<Exit>;
  /** SIGTERM, then waits; gives the exit code. */
  readonly stop: () => Promise<Exit>;
  /** Kill -9 of its whole process group. */
  readonly kill: () => Promise<Exit>;
}

/** The built program as a process of its own on a free port, with an embedded Redis unless `env` has REDIS_URL. */
export async function startGateway(settings: GatewaySettings = {}): Promise<Gateway> {
  await ensureBuilt();
  const port = settings.port ?? (await freePort());
  const dataDir = settings.dataDir ?? (await tempDir());
  const env = {
    PATH: process.env.PATH ?? '',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    DESTINATION_ALLOWED_CIDRS: '127.0.0.0/8',
    ...settings.env,
  };
  const server = startProcess(process.execPath, ['--enable-source-maps', mainScript, ...(settings.args ?? [])], {
    env,
  });
  const baseUrl = `http://127.0.0.1:${port}`;
  if (settings.untilReady !== false) await untilReady(server, baseUrl, settings.readyTimeoutMs ?? 30_000);
  return {
    baseUrl,
    port,
    dataDir,
    pid: server.pid,
    adminToken: settings.env?.ADMIN_TOKEN ?? (await generatedToken(dataDir)),
    output: () => server.output(),
    exited: server.exited,
    stop: () => {
      server.signal('SIGTERM');
      return server.exited;
    },
    kill: () => server.killGroup(),
  };
}

async function untilReady(gateway: TiedProcess, baseUrl: string, timeoutMs: number): Promise<void> {
  let exit: Exit | undefined;
  void gateway.exited.then((how) => (exit = how));
  const isSettled = async (): Promise<boolean> => exit !== undefined || (await fetch(`${baseUrl}/health/ready`)).ok;
  try {
    await until(isSettled, { timeoutMs, what: 'the gateway to be ready' });
  } catch (error) {
    throw new Error(`The gateway did not get ready:\n${gateway.output()}`, { cause: error });
  }
  if (exit) throw new Error(`The gateway ended with ${exit.signal ?? exit.code}:\n${gateway.output()}`);
}

async function generatedToken(dataDir: string): Promise<string> {
  return readFile(join(dataDir, 'admin-token'), 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
