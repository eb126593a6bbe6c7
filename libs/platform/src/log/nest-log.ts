import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.js';

/** Nest's own lines in our format. Its start-up chatter (`log`) is of interest to developers only. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    this.target.debug(fieldsOf(rest), textOf(message));
  }

  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.target.debug(fieldsOf(rest), textOf(message));
  }

  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.target.debug(fieldsOf(rest), textOf(message));
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.target.warn(fieldsOf(rest), textOf(message));
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.target.error(
      { ...fieldsOf(rest), ...(typeof message === 'object' ? { error: message } : {}) },
      textOf(message),
    );
  }

  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.target.fatal(fieldsOf(rest), textOf(message));
  }
}

/** Nest passes the context last, and a stack before it where there is one. */
function fieldsOf(rest: readonly unknown[]): Record<string, unknown> {
  const component = rest.at(-1);
  const details = rest.slice(0, -1).filter((detail) => detail !== undefined);
  return {
    component: typeof component === 'string' ? `nest.${component}` : 'nest',
    ...(details.length > 0 ? { details } : {}),
  };
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (typeof message === 'object' && message !== null && 'message' in message) return String(message.message);
  return JSON.stringify(message) ?? 'no message';
}
