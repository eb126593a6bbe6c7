import { CliFailure, EXIT, messageOf, type ExitCode } from './failure.js';

/** Where results and remarks go. Results are for pipes, remarks for people. */
export interface Terminal {
  /** A line of the result. */
  print(line: string): void;
  /** A line for people, beside the result. */
  remark(line: string): void;
  /** People look at the remarks as they come. */
  readonly isWatched: boolean;
}

export function processTerminal(): Terminal {
  return {
    print: (line) => void process.stdout.write(`${line}\n`),
    remark: (line) => void process.stderr.write(`${line}\n`),
    isWatched: process.stderr.isTTY,
  };
}

/** A value as JSON on one line: what every command prints with `--json`. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.print(JSON.stringify(value));
}

/** Says what went wrong and gives the exit code for it. */
export function reportFailure(terminal: Terminal, error: unknown, asJson: boolean): ExitCode {
  const failure = error instanceof CliFailure ? error : new CliFailure(messageOf(error), EXIT.refused);
  const { message, problem, exitCode } = failure;
  if (asJson) {
    terminal.remark(JSON.stringify({ error: { message, exitCode, ...(problem ? { problem } : {}) } }));
    return exitCode;
  }
  terminal.remark(message);
  for (const { pointer, message: fault } of problem?.errors ?? []) terminal.remark(`  ${pointer || '/'}  ${fault}`);
  return exitCode;
}
