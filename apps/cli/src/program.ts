import { Command } from 'commander';
import { addConfigurationCommands } from './commands/configuration.commands.js';
import { addEventsCommand } from './commands/events.command.js';
import { addReplayCommand } from './commands/replay.command.js';
import { addSendCommand } from './commands/send.command.js';
import { addTailCommand } from './commands/tail.command.js';
import type { CliEnvironment } from './environment.js';
import type { ExitCode } from './failure.js';
import type { Terminal } from './terminal.js';

/** What commands share: surroundings, and how they say what the exit code is. */
export interface Session {
  readonly environment: CliEnvironment;
  readonly terminal: Terminal;
  /** The first Ctrl-C aborts it; a second one ends the program. */
  readonly interrupted: AbortSignal;
  /** Asks a yes-no question; false where nobody can answer. */
  confirm(question: string): Promise<boolean>;
  endWith(code: ExitCode): void;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 refused, 2 wrong usage, 3 the gateway cannot be reached, 4 different (diff --exit-code),
130 interrupted. Secrets are read from the environment or from files, never from arguments.`;

export function buildProgram(session: Session, version: string): Command {
  const program = new Command('event-gateway')
    .description('Configure, feed and watch an event gateway.')
    .version(version)
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXIT_CODES);
  addConfigurationCommands(program, session);
  addSendCommand(program, session);
  addTailCommand(program, session);
  addReplayCommand(program, session);
  addEventsCommand(program, session);
  return program;
}
