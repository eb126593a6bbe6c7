import { ADDRESS_NOT_ALLOWED } from './guarded-agents.js';

/** Why there is no answer. The code decides what happens next, `detail` is for people. */
export type FailureCode =
  'timeout' | 'connection_refused' | 'dns' | 'connection_reset' | 'tls' | 'address_not_allowed' | 'aborted' | 'network';

const BY_CODE: Readonly<Record<string, FailureCode>> = {
  [ADDRESS_NOT_ALLOWED]: 'address_not_allowed',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  ERR_STREAM_PREMATURE_CLOSE: 'connection_reset',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
  EPROTO: 'tls',
  // Names OpenSSL gives to certificates it does not accept.
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  INVALID_CA: 'tls',
  INVALID_PURPOSE: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  PATH_LENGTH_EXCEEDED: 'tls',
};

const BY_PREFIX: readonly (readonly [prefix: string, code: FailureCode])[] = [
  ['EAI_', 'dns'],
  ['ERR_TLS_', 'tls'],
  ['ERR_SSL_', 'tls'],
  ['CERT_', 'tls'],
  ['CRL_', 'tls'],
  ['UNABLE_TO_', 'tls'],
];

interface NetworkError {
  readonly code?: string;
  readonly message: string;
}

/** Reads what Node, OpenSSL and the HTTP client throw; where they wrap one another the innermost code counts. */
export function classifyFailure(thrown: unknown): { readonly code: FailureCode; readonly detail: string } {
  const error = innermost(thrown);
  const detail =
    error.code !== undefined && !error.message.includes(error.code) ? `${error.code}: ${error.message}` : error.message;
  return { code: failureCode(error.code), detail };
}

function failureCode(code: string | undefined): FailureCode {
  if (code === undefined) return 'network';
  if (Object.hasOwn(BY_CODE, code)) return BY_CODE[code] ?? 'network';
  return BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'network';
}

function innermost(thrown: unknown, depth = 0): NetworkError {
  if (typeof thrown !== 'object' || thrown === null) return { message: String(thrown) };
  const cause = 'cause' in thrown ? thrown.cause : undefined;
  if (typeof cause === 'object' && cause !== null && depth < 5) return innermost(cause, depth + 1);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  const message = 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : '';
  // Attempts over several addresses fail together, with an empty message of their own.
  const errors: readonly unknown[] = 'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors : [];
  const text = message || errors.map((each) => innermost(each, depth + 1).message).join('; ') || code || 'no details';
  return code === undefined ? { message: text } : { code, message: text };
}
