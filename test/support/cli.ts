import { ensureBuilt, projectRoot } from './build.js';
import type { Gateway } from './gateway.js';
import { tempDir } from './temp-dir.js';
import { join } from 'node:path';
import { startProcess, type TiedProcess } from './tied-process.js';

const script = join(projectRoot, 'dist/apps/cli/src/main.js');

export interface CliSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface CliRun {
  readonly code: number | null;
  /** Standard output and error together. */
  readonly output: string;
  /** The lines of the output that are JSON. */
  readonly json: readonly unknown[];
}

/** The built command line against a gateway, in an empty folder. */
export async function startCli(
  { baseUrl, adminToken }: Pick<Gateway, 'baseUrl' | 'adminToken'>,
  args: readonly string[],
  { env = {}, cwd }: CliSettings = {},
): Promise<TiedProcess> {
  await ensureBuilt();
  return startProcess(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH ?? '', EVENT_GATEWAY_URL: baseUrl, EVENT_GATEWAY_TOKEN: adminToken, ...env },
    cwd: cwd ?? (await tempDir()),
  });
}

export async function runCli(
  gateway: Pick<Gateway, 'baseUrl' | 'adminToken'>,
  args: readonly string[],
  settings?: CliSettings,
): Promise<CliRun> {
  const started = await startCli(gateway, args, settings);
  const { code } = await started.exited;
  const output = started.output();
  return { code, output, json: jsonLines(output) };
}

export function jsonLines(output: string): readonly unknown[] {
  return output
    .split('\n')
    .filter((line) => /^[{[]/.test(line))
    .map((line) => JSON.parse(line) as unknown);
}
