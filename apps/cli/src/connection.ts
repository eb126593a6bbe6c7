import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { CliEnvironment } from './environment.js';
import { CliFailure, EXIT, messageOf } from './failure.js';
import { GatewayClient } from './http/gateway-client.js';

const DEFAULT_URL = 'http://127.0.0.1:8080';
/** Where a gateway with an embedded Redis that was started in this folder keeps it. */
const DEFAULT_TOKEN_FILE = 'data/admin-token';

export interface CommonFlags {
  readonly url?: string;
  readonly json?: boolean;
}

export interface ConnectionFlags extends CommonFlags {
  readonly tokenFile?: string;
}

/** The options of every command. */
export function withCommonFlags(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', `the gateway; default EVENT_GATEWAY_URL or ${DEFAULT_URL}`))
    .option('--json', 'results and errors as JSON, one value a line');
}

/** The options of every command that talks to the admin API. */
export function withConnectionFlags(command: Command): Command {
  return withCommonFlags(command).option(
    '--token-file <file>',
    `holds the admin token; default EVENT_GATEWAY_TOKEN, else ${DEFAULT_TOKEN_FILE}`,
  );
}

/** Without final slash. Throws CliFailure. */
export function baseUrlOf({ url }: CommonFlags, environment: CliEnvironment): string {
  const text = url ?? environment.url ?? DEFAULT_URL;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CliFailure(`"${text}" is no URL such as ${DEFAULT_URL}.`, EXIT.usage);
  }
  return text.replace(/\/+$/, '');
}

/** Rejects with CliFailure where there is no token. */
export async function connect(flags: ConnectionFlags, environment: CliEnvironment): Promise<GatewayClient> {
  return new GatewayClient(baseUrlOf(flags, environment), await tokenOf(flags, environment));
}

async function tokenOf({ tokenFile }: ConnectionFlags, { token }: CliEnvironment): Promise<string> {
  if (tokenFile === undefined && token !== undefined) return token;
  try {
    return (await readFile(tokenFile ?? DEFAULT_TOKEN_FILE, 'utf8')).trim();
  } catch (error) {
    const message =
      tokenFile === undefined
        ? `There is no admin token: set EVENT_GATEWAY_TOKEN, or name its file with --token-file (looked for ${DEFAULT_TOKEN_FILE}).`
        : `Cannot read the admin token: ${messageOf(error)}`;
    throw new CliFailure(message, EXIT.usage);
  }
}
