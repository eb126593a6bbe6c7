import type { Fault, Reply, RequestView } from '../dialect.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' } as const;

export function jsonReply(status: number, body: string): Reply {
  return { status, headers: JSON_HEADERS, body };
}

/** FloKit's error body: a flat object of a slug and a sentence. */
export function errorReply(status: number, error: string, message: string, headers?: Record<string, string>): Reply {
  const body = JSON.stringify({ error, message });
  return { status, headers: headers ? { ...JSON_HEADERS, ...headers } : JSON_HEADERS, body };
}

export function validationError(message: string): Reply {
  return errorReply(400, 'validation_error', message);
}

const UNAUTHORIZED = errorReply(401, 'unauthorized', 'Invalid or missing API key');
const FORBIDDEN = errorReply(403, 'forbidden', 'This operation requires a read-write key');

export function replyToFault(fault: Fault, request: RequestView): Reply {
  switch (fault.kind) {
    case 'unauthorized':
      return UNAUTHORIZED;
    case 'forbidden':
      return FORBIDDEN;
    case 'invalid_json':
      return validationError('Request body must be valid JSON');
    case 'bad_encoding':
      return validationError('Request body does not match its Content-Encoding');
    case 'bad_request':
      return validationError(fault.detail);
    case 'payload_too_large':
      return errorReply(413, 'payload_too_large', `Request body exceeds ${fault.maxBytes} bytes`);
    case 'unsupported_media_type':
      return errorReply(415, 'unsupported_media_type', 'Content-Type must be application/json');
    case 'unsupported_encoding':
      return errorReply(415, 'unsupported_media_type', 'Content-Encoding must be gzip, deflate or br');
    case 'rate_limited':
      return errorReply(429, 'rate_limit_exceeded', 'Rate limit exceeded', retryAfter(fault.retryAfterSeconds));
    case 'idempotency_conflict':
      return errorReply(409, 'conflict', 'Idempotency-Key was used with another request body');
    case 'not_found':
      return errorReply(404, 'not_found', `No such endpoint: ${request.path.slice(0, 200)}`);
    case 'gone':
      return errorReply(410, 'gone', 'This endpoint has been retired');
    case 'method_not_allowed':
      return errorReply(405, 'method_not_allowed', `Allowed: ${fault.allow.join(', ')}`, {
        Allow: fault.allow.join(', '),
      });
    case 'unavailable':
    case 'queue_full':
      return errorReply(
        503,
        'service_unavailable',
        'Temporarily unavailable, retry later',
        retryAfter(fault.retryAfterSeconds),
      );
    case 'internal':
      return errorReply(500, 'internal_error', 'Internal error');
  }
}

function retryAfter(seconds: number): Record<string, string> {
  return { 'Retry-After': String(seconds) };
}
