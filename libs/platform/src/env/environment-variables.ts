import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, MaxLength, Min } from 'class-validator';
import { IsEncryptionKey, IsListenHost, IsRedisUrl, AreCidrs } from './environment-rules.js';

export const roles = ['all', 'api', 'worker'] as const;
export type Role = (typeof roles)[number];

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const mebibyte = 1024 * 1024;
const daySeconds = 24 * 60 * 60;

/** Only plain decimal digits are a number: `1e3`, `0x10` and ` 8080` stay text and fail `IsInt`. */
function WholeNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  );
}

function CommaSeparated(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value,
  );
}

const wholeNumber = { message: '$property must be a whole number' };

/** The variables as they are written outside; `Environment` is what the program sees. */
export class EnvironmentVariables {
  @IsListenHost()
  HOST = '127.0.0.1';

  @WholeNumber()
  @Max(65_535)
  @IsInt(wholeNumber)
  PORT = 8080;

  @IsIn(roles)
  ROLE: Role = 'all';

  @IsOptional()
  @IsRedisUrl()
  REDIS_URL: string | undefined = undefined;

  DATA_DIR = './data';

  @IsOptional()
  @MaxLength(4_096)
  @Matches(/^[\x21-\x7e]+$/, { message: '$property must be printable ASCII without spaces' })
  ADMIN_TOKEN: string | undefined = undefined;

  @IsOptional()
  @IsEncryptionKey()
  ENCRYPTION_KEY: string | undefined = undefined;

  @CommaSeparated()
  @AreCidrs()
  DESTINATION_ALLOWED_CIDRS: string[] = [];

  @IsIn(logLevels)
  LOG_LEVEL: LogLevel = 'info';

  @IsOptional()
  @WholeNumber()
  @Min(mebibyte)
  @IsInt(wholeNumber)
  MAX_QUEUED_BYTES: number | undefined = undefined;

  @WholeNumber()
  @IsInt(wholeNumber)
  HISTORY_MAX_BYTES = 256 * mebibyte;

  @WholeNumber()
  @IsInt(wholeNumber)
  HISTORY_MAX_AGE_SECONDS = 7 * daySeconds;

  @WholeNumber()
  @Min(1)
  @IsInt(wholeNumber)
  DEAD_LETTER_MAX_AGE_SECONDS = 30 * daySeconds;

  @IsOptional()
  CONFIG_FILE: string | undefined = undefined;
}
