import type { Command } from 'commander';
import { withCommonFlags, type CommonFlags } from '../connection.js';
import type { Session } from '../program.js';
import { wholeNumber } from './arguments.js';

export interface SendFlags extends CommonFlags {
  readonly dialect: string;
  readonly path?: string;
  readonly credentialsFile?: string;
  readonly set?: readonly string[];
  readonly concurrency: number;
  /** In seconds. */
  readonly patience: number;
  readonly again?: boolean;
  readonly dryRun?: boolean;
}

const HELP = `
The file holds one item of the dialect a line, one request body a line, or one JSON document with either. Items that the
dialect would refuse are reported by their line and left out. EVENT_GATEWAY_SOURCE_CREDENTIALS has the credentials of the
source, as JSON by name. Example:

  EVENT_GATEWAY_SOURCE_CREDENTIALS=fk_rw_… event-gateway send events.ndjson --dialect flokit`;

/** `send`: posts a file of events in any dialect. */
export function addSendCommand(program: Command, session: Session): void {
  withCommonFlags(program.command('send <file>'))
    .description('post a file of events in any dialect ("-": standard input)')
    .requiredOption('--dialect <name>', 'the language of the file')
    .option('--path <path>', "where the dialect takes it, e.g. /api/v1/users/bulk; default the dialect's batch path")
    .option('--credentials-file <file>', 'holds the credentials of the source')
    .option(
      '--set <name=value...>',
      'members of the request around the items, e.g. bundle_id=com.example.app platform=ios',
    )
    .option('--concurrency <count>', 'requests under way at once', wholeNumber, 4)
    .option(
      '--patience <seconds>',
      'how long a request is tried again while the gateway cannot take it',
      wholeNumber,
      600,
    )
    .option('--again', 'have taken again what the same file brought within 24 hours')
    .option('--dry-run', 'only check the file')
    .addHelpText('after', HELP)
    .action(async (file: string, flags: SendFlags) => {
      // Knowing the dialects takes half a second, which the other commands need not wait for.
      const { send } = await import('../send/send.js');
      await send(session, file, flags);
    });
}
