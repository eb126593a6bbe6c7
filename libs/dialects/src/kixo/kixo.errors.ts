import type { Fault, Reply } from '../dialect.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' } as const;

export function jsonReply(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) };
}

/** The vendor publishes no error body; this one mirrors its success body. */
export function errorReply(
  status: number,
  error: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Reply {
  return jsonReply(status, { status: 'error', error, message }, headers);
}

export function validationError(message: string): Reply {
  return errorReply(400, 'validation_error', message);
}

const INVALID_JSON = errorReply(400, 'invalid_json', 'Request body must be a JSON object');

/** What a body lacks that is no object: whoever sent it is told so, not that its credentials are wrong. */
export const NO_OBJECT = 'JSON object';

function unauthorized(reason: 'missing' | 'unknown' | 'disabled', missing: string | undefined): Reply {
  if (missing === NO_OBJECT) return INVALID_JSON;
  return reason === 'disabled'
    ? errorReply(403, 'forbidden', 'This project is paused or the key is revoked')
    : errorReply(401, 'unauthorized', 'Missing or invalid project_id and api_key');
}

export function replyToFault(fault: Fault): Reply {
  const retryAfter = (seconds: number) => ({ 'Retry-After': String(seconds) });
  switch (fault.kind) {
    case 'unauthorized':
      return unauthorized(fault.reason, fault.detail);
    case 'forbidden':
      return errorReply(403, 'forbidden', 'This key may not send events');
    case 'invalid_json':
      return INVALID_JSON;
    case 'bad_encoding':
      return errorReply(400, 'bad_request', 'Request body does not match its Content-Encoding');
    case 'bad_request':
      return errorReply(400, 'bad_request', fault.detail);
    case 'payload_too_large':
      return errorReply(413, 'payload_too_large', `Request body exceeds ${fault.maxBytes} bytes`);
    case 'unsupported_media_type':
      return errorReply(415, 'unsupported_media_type', 'Content-Type must be application/json or text/plain');
    case 'unsupported_encoding':
      return errorReply(415, 'unsupported_encoding', 'Content-Encoding must be gzip, br or deflate');
    case 'rate_limited':
      return errorReply(429, 'rate_limit_exceeded', 'Rate limit exceeded', retryAfter(fault.retryAfterSeconds));
    case 'idempotency_conflict':
      return errorReply(409, 'conflict', 'This request contradicts an earlier one');
    case 'not_found':
      return errorReply(404, 'not_found', 'No such endpoint');
    case 'gone':
      return errorReply(410, 'gone', 'This endpoint has been retired');
    case 'method_not_allowed': {
      const allow = fault.allow.join(', ');
      return errorReply(405, 'method_not_allowed', `Allowed: ${allow}`, { Allow: allow });
    }
    case 'unavailable':
    case 'queue_full':
      return errorReply(
        503,
        'service_unavailable',
        'Temporarily unavailable, retry later',
        retryAfter(fault.retryAfterSeconds),
      );
    case 'internal':
      return errorReply(503, 'service_unavailable', 'Internal error');
  }
}
