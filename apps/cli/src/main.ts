#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError, type Command } from 'commander';
import { processEnvironment } from './environment.js';
import { EXIT, type ExitCode } from './failure.js';
import { confirm, onInterruption } from './interruption.js';
import { buildProgram } from './program.js';
import { processTerminal, reportFailure } from './terminal.js';

const terminal = processTerminal();
let exitCode: ExitCode = EXIT.done;

const program = buildProgram(
  {
    environment: processEnvironment(),
    terminal,
    interrupted: onInterruption(),
    confirm,
    endWith: (code) => void (exitCode = code),
  },
  version(),
);

/** Errors in the arguments are thrown, here and in every command below. */
function throwOnUsageErrors(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwOnUsageErrors);
}

function version(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  return manifest.version;
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.refused),
);

try {
  throwOnUsageErrors(program);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else exitCode = reportFailure(terminal, error, process.argv.includes('--json'));
}
// Not process.exit: what is still on its way into a pipe would be lost.
process.exitCode = exitCode;
