import 'reflect-metadata';
import { resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { EnvironmentVariables, type LogLevel, type Role } from './environment-variables.js';

/** What the start was given, checked. Injectable; the only way to learn about the process's environment. */
export class Environment {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly role: Role;
  /** Undefined: the embedded server. Its forms: redis-url.ts. */
  readonly redisUrl: string | undefined;
  /** Replicas that must have a write before it is acknowledged. */
  readonly redisMinReplicas: number;
  /** Absolute. */
  readonly dataDir: string;
  /** Undefined: generated under `dataDir`. */
  readonly adminToken: string | undefined;
  /** Base64 of 32 bytes. Undefined: generated under `dataDir`. */
  readonly encryptionKey: string | undefined;
  /** Base64 of 32 bytes each: they read what they sealed, and seal nothing any more. */
  readonly previousEncryptionKeys: readonly string[];
  readonly destinationAllowedCidrs: readonly string[];
  readonly logLevel: LogLevel;
  /** Undefined: derived from Redis' `maxmemory`. */
  readonly maxQueuedBytes: number | undefined;
  readonly repackMinAgeSeconds: number;
  readonly historyMaxBytes: number;
  readonly historyMaxAgeSeconds: number;
  readonly deadLetterMaxAgeSeconds: number;
  /** Where spans go, without `/v1/traces`. Undefined: nowhere. */
  readonly otlpEndpoint: string | undefined;
  readonly otlpServiceName: string;
  /** Absolute. */
  readonly configFile: string | undefined;
  /** Where programs are looked for, as in `PATH`. */
  readonly searchPath: string;

  constructor(variables: EnvironmentVariables, searchPath: string) {
    this.host = variables.HOST;
    this.port = variables.PORT;
    this.role = variables.ROLE;
    this.redisUrl = variables.REDIS_URL;
    this.redisMinReplicas = variables.REDIS_MIN_REPLICAS;
    this.dataDir = resolve(variables.DATA_DIR);
    this.adminToken = variables.ADMIN_TOKEN;
    this.encryptionKey = variables.ENCRYPTION_KEY;
    this.previousEncryptionKeys = variables.ENCRYPTION_KEY_PREVIOUS;
    this.destinationAllowedCidrs = variables.DESTINATION_ALLOWED_CIDRS;
    this.logLevel = variables.LOG_LEVEL;
    this.maxQueuedBytes = variables.MAX_QUEUED_BYTES;
    this.repackMinAgeSeconds = variables.REPACK_MIN_AGE_SECONDS;
    this.historyMaxBytes = variables.HISTORY_MAX_BYTES;
    this.historyMaxAgeSeconds = variables.HISTORY_MAX_AGE_SECONDS;
    this.deadLetterMaxAgeSeconds = variables.DEAD_LETTER_MAX_AGE_SECONDS;
    this.otlpEndpoint = variables.OTEL_EXPORTER_OTLP_ENDPOINT;
    this.otlpServiceName = variables.OTEL_SERVICE_NAME;
    this.configFile = variables.CONFIG_FILE === undefined ? undefined : resolve(variables.CONFIG_FILE);
    this.searchPath = searchPath;
  }
}

/** Every fault of the environment in one message; never holds a secret's value. */
export class EnvironmentError extends Error {
  readonly code = 'environment_invalid';

  constructor(readonly faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** The only reader of the process's own variables. Throws EnvironmentError. */
export function processEnvironment(): Environment {
  return readEnvironment(process.env);
}

/** Empty variables count as unset. Throws EnvironmentError. */
export function readEnvironment(vars: Readonly<Record<string, string | undefined>>): Environment {
  const given = Object.entries(vars).filter(
    ([name, value]) => ownVariables.has(name) && value !== undefined && value !== '',
  );
  const variables = plainToInstance(EnvironmentVariables, Object.fromEntries(given));
  const faults = [...ownFaults(variables), ...jointFaults(variables)];
  if (faults.length > 0) throw new EnvironmentError(faults);
  return new Environment(variables, vars.PATH ?? '');
}

/** The names of the variables that set up the gateway itself. */
export const ownVariables: ReadonlySet<string> = new Set(Object.keys(new EnvironmentVariables()));

function ownFaults(variables: EnvironmentVariables): readonly string[] {
  const errors = validateSync(variables, { stopAtFirstError: true, forbidUnknownValues: false });
  return errors.flatMap((error) => Object.values(error.constraints ?? {}));
}

function jointFaults(variables: EnvironmentVariables): readonly string[] {
  const faults: string[] = [];
  if (variables.REDIS_URL === undefined) {
    if (variables.ROLE === 'api' || variables.ROLE === 'worker') {
      faults.push(`ROLE ${variables.ROLE} needs REDIS_URL: an embedded Redis serves one process only`);
    }
    if (variables.REDIS_MIN_REPLICAS > 0)
      faults.push('REDIS_MIN_REPLICAS needs REDIS_URL: the embedded Redis has none');
    return faults;
  }
  for (const name of ['ADMIN_TOKEN', 'ENCRYPTION_KEY'] as const) {
    if (variables[name] === undefined) faults.push(`${name} must be given with REDIS_URL: all processes share it`);
  }
  return faults;
}
