import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, MaxLength, Min } from 'class-validator';
import {
  AreCidrs,
  AreEncryptionKeys,
  IsEncryptionKey,
  IsHttpUrl,
  IsListenHost,
  IsRedisUrl,
} from './environment-rules.js';

export const ROLES = ['all', 'api', 'worker'] as const;
export type Role = (typeof ROLES)[number];

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MEBIBYTE = 1024 * 1024;
const DAY_SECONDS = 24 * 60 * 60;

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

const WHOLE_NUMBER = { message: '$property must be a whole number' };

/** The variables as they are written outside; `Environment` is what the program sees. */
export class EnvironmentVariables {
  @IsListenHost()
  HOST = '127.0.0.1';

  @WholeNumber()
  @Max(65_535)
  @IsInt(WHOLE_NUMBER)
  PORT = 8080;

  @IsIn(ROLES)
  ROLE: Role = 'all';

  @IsOptional()
  @IsRedisUrl()
  REDIS_URL: string | undefined = undefined;

  @WholeNumber()
  @Max(10)
  @IsInt(WHOLE_NUMBER)
  REDIS_MIN_REPLICAS = 0;

  DATA_DIR = './data';

  @IsOptional()
  @MaxLength(4_096)
  @Matches(/^[\x21-\x7e]+$/, { message: '$property must be printable ASCII without spaces' })
  ADMIN_TOKEN: string | undefined = undefined;

  @IsOptional()
  @IsEncryptionKey()
  ENCRYPTION_KEY: string | undefined = undefined;

  @CommaSeparated()
  @AreEncryptionKeys()
  ENCRYPTION_KEY_PREVIOUS: string[] = [];

  @CommaSeparated()
  @AreCidrs()
  DESTINATION_ALLOWED_CIDRS: string[] = [];

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: LogLevel = 'info';

  @IsOptional()
  @WholeNumber()
  @Min(1)
  @IsInt(WHOLE_NUMBER)
  MAX_QUEUED_BYTES: number | undefined = undefined;

  @WholeNumber()
  @IsInt(WHOLE_NUMBER)
  REPACK_MIN_AGE_SECONDS = 60;

  @WholeNumber()
  @IsInt(WHOLE_NUMBER)
  HISTORY_MAX_BYTES = 256 * MEBIBYTE;

  @WholeNumber()
  @IsInt(WHOLE_NUMBER)
  HISTORY_MAX_AGE_SECONDS = 7 * DAY_SECONDS;

  @WholeNumber()
  @Min(1)
  @IsInt(WHOLE_NUMBER)
  DEAD_LETTER_MAX_AGE_SECONDS = 30 * DAY_SECONDS;

  @IsOptional()
  @IsHttpUrl()
  OTEL_EXPORTER_OTLP_ENDPOINT: string | undefined = undefined;

  OTEL_SERVICE_NAME = 'event-gateway';

  @IsOptional()
  CONFIG_FILE: string | undefined = undefined;
}
