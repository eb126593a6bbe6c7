import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from '../env/index.js';
import { redact } from './redact.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines: fields first, then one sentence. Injectable; take a `child` per component. */
export class Log {
  constructor(private readonly logger: Logger) {}

  /** `fields` go on every line of the child, e.g. `{ component: 'intake' }`. */
  child(fields: LogFields): Log {
    return new Log(this.logger.child(redactFields(fields)));
  }

  debug(fields: LogFields, message: string): void {
    if (this.logger.isLevelEnabled('debug')) this.logger.debug(redactFields(fields), message);
  }

  info(fields: LogFields, message: string): void {
    if (this.logger.isLevelEnabled('info')) this.logger.info(redactFields(fields), message);
  }

  warn(fields: LogFields, message: string): void {
    if (this.logger.isLevelEnabled('warn')) this.logger.warn(redactFields(fields), message);
  }

  error(fields: LogFields, message: string): void {
    if (this.logger.isLevelEnabled('error')) this.logger.error(redactFields(fields), message);
  }

  fatal(fields: LogFields, message: string): void {
    this.logger.fatal(redactFields(fields), message);
  }
}

export interface LogSettings {
  readonly level: LogLevel;
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
}

/** Writes to standard output at once, so that a crash loses no line. */
export function createLog(settings: LogSettings, destination: DestinationStream = standardOutput(settings)): Log {
  return new Log(
    pino(
      {
        level: settings.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      },
      destination,
    ),
  );
}

function standardOutput(settings: LogSettings): DestinationStream {
  if (!settings.pretty) return pino.destination({ dest: 1, sync: true });
  return pretty({ colorize: true, sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' });
}

function redactFields(fields: LogFields): object {
  const redacted = redact(fields);
  return typeof redacted === 'object' && redacted !== null ? redacted : {};
}
