import { EnvironmentError, readEnvironment } from './environment.js';

const key = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

function faultsOf(vars: Record<string, string>): readonly string[] {
  try {
    readEnvironment(vars);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.faults;
    throw error;
  }
  return [];
}

describe('readEnvironment', () => {
  it('takes the documented defaults when nothing is set', () => {
    expect(readEnvironment({})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      role: 'all',
      redisUrl: undefined,
      adminToken: undefined,
      encryptionKey: undefined,
      previousEncryptionKeys: [],
      destinationAllowedCidrs: [],
      logLevel: 'info',
      maxQueuedBytes: undefined,
      repackMinAgeSeconds: 60,
      historyMaxBytes: 268_435_456,
      historyMaxAgeSeconds: 604_800,
      deadLetterMaxAgeSeconds: 2_592_000,
      otlpEndpoint: undefined,
      otlpServiceName: 'event-gateway',
      configFile: undefined,
    });
  });

  it('reads every variable', () => {
    const environment = readEnvironment({
      HOST: '::',
      PORT: '0',
      ROLE: 'worker',
      REDIS_URL: 'redis://a:7000, rediss://user:pw@b:7001/0',
      DATA_DIR: '/var/lib/gateway',
      ADMIN_TOKEN: 'let-me-in',
      ENCRYPTION_KEY: key,
      ENCRYPTION_KEY_PREVIOUS: `${key}, ${key}`,
      DESTINATION_ALLOWED_CIDRS: '127.0.0.0/8, fd00::/8',
      LOG_LEVEL: 'warn',
      MAX_QUEUED_BYTES: '1048576',
      REPACK_MIN_AGE_SECONDS: '0',
      HISTORY_MAX_BYTES: '0',
      HISTORY_MAX_AGE_SECONDS: '60',
      DEAD_LETTER_MAX_AGE_SECONDS: '120',
      REDIS_MIN_REPLICAS: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_SERVICE_NAME: 'events',
      CONFIG_FILE: '/etc/gateway.json',
      PATH: '/usr/bin',
    });
    expect({ ...environment }).toEqual({
      host: '::',
      port: 0,
      role: 'worker',
      redisUrl: 'redis://a:7000, rediss://user:pw@b:7001/0',
      redisMinReplicas: 1,
      dataDir: '/var/lib/gateway',
      adminToken: 'let-me-in',
      encryptionKey: key,
      previousEncryptionKeys: [key, key],
      destinationAllowedCidrs: ['127.0.0.0/8', 'fd00::/8'],
      logLevel: 'warn',
      maxQueuedBytes: 1_048_576,
      repackMinAgeSeconds: 0,
      historyMaxBytes: 0,
      historyMaxAgeSeconds: 60,
      deadLetterMaxAgeSeconds: 120,
      otlpEndpoint: 'http://collector:4318',
      otlpServiceName: 'events',
      configFile: '/etc/gateway.json',
      searchPath: '/usr/bin',
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(readEnvironment({ REDIS_URL: '', PORT: '', ENCRYPTION_KEY: '' })).toMatchObject({
      redisUrl: undefined,
      port: 8080,
      encryptionKey: undefined,
    });
  });

  it('lists every fault in one message', () => {
    expect(() => readEnvironment({ PORT: '80a', ROLE: 'both', LOG_LEVEL: 'loud', ENCRYPTION_KEY: 'short' })).toThrow(
      [
        'The environment is not usable:',
        '  - PORT must be a whole number',
        '  - ROLE must be one of the following values: all, api, worker',
        '  - ENCRYPTION_KEY must be 32 bytes as base64 (openssl rand -base64 32)',
        '  - LOG_LEVEL must be one of the following values: trace, debug, info, warn, error, fatal, silent',
      ].join('\n'),
    );
  });

  it.each([
    [{ PORT: '65536' }, 'PORT must not be greater than 65535'],
    [{ PORT: '-1' }, 'PORT must be a whole number'],
    [{ PORT: '1e3' }, 'PORT must be a whole number'],
    [{ PORT: ' 8080' }, 'PORT must be a whole number'],
    [{ HOST: 'http://localhost' }, 'HOST must be an IP address or a host name'],
    [{ MAX_QUEUED_BYTES: '1 GiB' }, 'MAX_QUEUED_BYTES must be a whole number'],
    [{ MAX_QUEUED_BYTES: '0' }, 'MAX_QUEUED_BYTES must not be less than 1'],
    [{ HISTORY_MAX_AGE_SECONDS: '7d' }, 'HISTORY_MAX_AGE_SECONDS must be a whole number'],
    [
      { DESTINATION_ALLOWED_CIDRS: '127.0.0.1' },
      'DESTINATION_ALLOWED_CIDRS must be address ranges such as 10.0.0.0/8, separated by commas',
    ],
    [
      { ENCRYPTION_KEY_PREVIOUS: `${key},short` },
      'ENCRYPTION_KEY_PREVIOUS must be keys of 32 bytes as base64, separated by commas',
    ],
    [{ ADMIN_TOKEN: 'with space' }, 'ADMIN_TOKEN must be printable ASCII without spaces'],
    [
      { ENCRYPTION_KEY: `${key.slice(0, 40)}====` },
      'ENCRYPTION_KEY must be 32 bytes as base64 (openssl rand -base64 32)',
    ],
  ])('refuses %j', (vars: Record<string, string>, fault) => {
    expect(faultsOf(vars)).toEqual([fault]);
  });

  it.each(['http://localhost', 'localhost:6379', 'redis://', 'redis://a,,redis://b'])('refuses REDIS_URL %s', (url) => {
    expect(faultsOf({ REDIS_URL: url, ADMIN_TOKEN: 't', ENCRYPTION_KEY: key })).toEqual([
      'REDIS_URL must be redis:// or rediss:// URLs, separated by commas, or redis+sentinel://host,host/master',
    ]);
  });

  it('refuses a part of the gateway without a Redis that the other part can reach', () => {
    expect(faultsOf({ ROLE: 'api' })).toEqual(['ROLE api needs REDIS_URL: an embedded Redis serves one process only']);
  });

  it('refuses a shared Redis without secrets that all processes share', () => {
    expect(faultsOf({ REDIS_URL: 'redis://localhost:6379' })).toEqual([
      'ADMIN_TOKEN must be given with REDIS_URL: all processes share it',
      'ENCRYPTION_KEY must be given with REDIS_URL: all processes share it',
    ]);
  });

  it('never repeats a secret in its message', () => {
    expect(() => readEnvironment({ ENCRYPTION_KEY: 'hunter2', REDIS_URL: 'http://:hunter2@host' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }) as Error,
    );
  });
});
