import type { Fault, Reply } from '../dialect.js';

/** One entry of `errors`. */
export interface VibeFollowError {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

export function jsonReply(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function errorReply(
  status: number,
  errors: readonly VibeFollowError[],
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return jsonReply(status, { errors }, headers);
}

/** Statuses and codes: protocol notes in `vibefollow.md`. */
export function replyToFault(fault: Fault): Reply {
  const reply = (status: number, code: string, message: string, headers?: Readonly<Record<string, string>>) =>
    errorReply(status, [{ code, message }], headers);
  const retryAfter = (seconds: number) => ({ 'Retry-After': String(seconds) });

  switch (fault.kind) {
    case 'unauthorized':
      return reply(401, 'auth_required', 'Missing, malformed or revoked API key');
    case 'forbidden':
      return reply(403, 'forbidden', 'This API key may not do that');
    case 'invalid_json':
      return reply(400, 'bad_request', 'Request body must be valid JSON');
    case 'bad_encoding':
      return reply(400, 'bad_request', 'Request body could not be decoded');
    case 'bad_request':
      return reply(400, 'bad_request', fault.detail);
    case 'payload_too_large':
      return reply(413, 'payload_too_large', `Request body exceeds ${fault.maxBytes} bytes`);
    case 'unsupported_media_type':
      return reply(415, 'unsupported_media_type', 'Content-Type must be application/json');
    case 'unsupported_encoding':
      return reply(415, 'unsupported_encoding', 'Content-Encoding must be gzip, br, deflate or absent');
    case 'rate_limited':
      return reply(429, 'rate_limited', 'Too many requests', retryAfter(fault.retryAfterSeconds));
    case 'queue_full':
      return reply(429, 'backfill_queue_full', 'Too much is waiting already', retryAfter(fault.retryAfterSeconds));
    case 'idempotency_conflict':
      // One vendor page says 409; the SDK's validation error needs 422, which the other page states.
      return reply(422, 'idempotency_key_reuse', 'This Idempotency-Key was used with a different body');
    case 'not_found':
      return reply(404, 'not_found', 'No such resource');
    case 'gone':
      return reply(410, 'gone', 'This endpoint has been retired');
    case 'method_not_allowed':
      return reply(405, 'method_not_allowed', 'Method not allowed', { Allow: fault.allow.join(', ') });
    case 'unavailable':
      return reply(503, 'server_error', 'Temporarily unavailable', retryAfter(fault.retryAfterSeconds));
    case 'internal':
      return reply(500, 'server_error', 'Internal error');
  }
}
