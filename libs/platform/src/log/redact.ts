const SECRET_NAMES = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'apikey',
  'readonlyapikey',
  'privatekey',
  'password',
  'secret',
  'signingsecret',
  'previoussigningsecret',
  'token',
  'bearertoken',
  'admintoken',
  'accesstoken',
  'refreshtoken',
  'encryptionkey',
  'credentials',
]);

const MAX_DEPTH = 100;

/**
 * A copy without the values of secret members, whatever their case or separators (`api_key`, `apiKey`, `Api-Key`).
 * Errors become type, code, message and stack: HTTP clients hang whole requests on theirs.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => redact(entry, depth + 1));
  if (value instanceof Date) return value;
  if (isErrorLike(value)) return describeError(value, depth);
  if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isSecret(name) ? '[redacted]' : redact(member, depth + 1)]),
  );
}

/** The same for plain JSON, in which nothing but names tells a secret. */
export function redactJson(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => redactJson(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecret(name) ? '[redacted]' : redactJson(member, depth + 1),
    ]),
  );
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replace(/[^a-z]/g, ''));
}

/** By shape: errors of another realm fail `instanceof`. */
function isErrorLike(value: object): value is Error & { readonly code?: unknown } {
  return 'stack' in value && typeof value.stack === 'string' && 'message' in value && typeof value.message === 'string';
}

function describeError(error: Error & { readonly code?: unknown }, depth: number): unknown {
  return {
    type: error.name,
    code: error.code,
    message: error.message,
    stack: error.stack,
    cause: error.cause === undefined ? undefined : redact(error.cause, depth + 1),
  };
}
