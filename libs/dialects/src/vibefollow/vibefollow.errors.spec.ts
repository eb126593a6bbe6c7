import type { Fault } from '../dialect.js';
import { replyToFault } from './vibefollow.errors.js';

const CASES: readonly (readonly [Fault, number, string, Readonly<Record<string, string>>])[] = [
  [{ kind: 'unauthorized', reason: 'missing' }, 401, 'auth_required', {}],
  [{ kind: 'unauthorized', reason: 'unknown' }, 401, 'auth_required', {}],
  [{ kind: 'unauthorized', reason: 'disabled' }, 401, 'auth_required', {}],
  [{ kind: 'forbidden', reason: 'grant' }, 403, 'forbidden', {}],
  [{ kind: 'invalid_json' }, 400, 'bad_request', {}],
  [{ kind: 'bad_encoding' }, 400, 'bad_request', {}],
  [{ kind: 'bad_request', detail: 'x' }, 400, 'bad_request', {}],
  [{ kind: 'payload_too_large', maxBytes: 5 }, 413, 'payload_too_large', {}],
  [{ kind: 'unsupported_media_type' }, 415, 'unsupported_media_type', {}],
  [{ kind: 'unsupported_encoding' }, 415, 'unsupported_encoding', {}],
  [{ kind: 'rate_limited', retryAfterSeconds: 3 }, 429, 'rate_limited', { 'Retry-After': '3' }],
  [{ kind: 'queue_full', retryAfterSeconds: 5 }, 429, 'backfill_queue_full', { 'Retry-After': '5' }],
  [{ kind: 'idempotency_conflict' }, 422, 'idempotency_key_reuse', {}],
  [{ kind: 'not_found' }, 404, 'not_found', {}],
  [{ kind: 'gone' }, 410, 'gone', {}],
  [{ kind: 'method_not_allowed', allow: ['POST'] }, 405, 'method_not_allowed', { Allow: 'POST' }],
  [{ kind: 'unavailable', retryAfterSeconds: 2 }, 503, 'server_error', { 'Retry-After': '2' }],
  [{ kind: 'internal' }, 500, 'server_error', {}],
];

describe("faults in VibeFollow's words", () => {
  it.each(CASES)('%j is %i %s', (fault, status, code, headers) => {
    const reply = replyToFault(fault);
    expect(reply.status).toBe(status);
    expect(reply.headers).toEqual({ 'Content-Type': 'application/json', ...headers });
    expect(JSON.parse(reply.body)).toEqual({ errors: [{ code, message: expect.any(String) as string }] });
  });
});
