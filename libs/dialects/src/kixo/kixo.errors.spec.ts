import type { Fault } from '../dialect.js';
import { replyToFault } from './kixo.errors.js';

const CASES: readonly (readonly [Fault, number, string, Readonly<Record<string, string>>])[] = [
  [{ kind: 'unauthorized', reason: 'missing', detail: 'api_key' }, 401, 'unauthorized', {}],
  [{ kind: 'unauthorized', reason: 'missing', detail: 'JSON object' }, 400, 'invalid_json', {}],
  [{ kind: 'unauthorized', reason: 'unknown' }, 401, 'unauthorized', {}],
  [{ kind: 'unauthorized', reason: 'disabled' }, 403, 'forbidden', {}],
  [{ kind: 'forbidden', reason: 'grant' }, 403, 'forbidden', {}],
  [{ kind: 'invalid_json' }, 400, 'invalid_json', {}],
  [{ kind: 'bad_encoding' }, 400, 'bad_request', {}],
  [{ kind: 'bad_request', detail: 'x' }, 400, 'bad_request', {}],
  [{ kind: 'payload_too_large', maxBytes: 5 }, 413, 'payload_too_large', {}],
  [{ kind: 'unsupported_media_type' }, 415, 'unsupported_media_type', {}],
  [{ kind: 'unsupported_encoding' }, 415, 'unsupported_encoding', {}],
  [{ kind: 'rate_limited', retryAfterSeconds: 1 }, 429, 'rate_limit_exceeded', { 'Retry-After': '1' }],
  [{ kind: 'idempotency_conflict' }, 409, 'conflict', {}],
  [{ kind: 'not_found' }, 404, 'not_found', {}],
  [{ kind: 'gone' }, 410, 'gone', {}],
  [{ kind: 'method_not_allowed', allow: ['POST'] }, 405, 'method_not_allowed', { Allow: 'POST' }],
  [{ kind: 'queue_full', retryAfterSeconds: 5 }, 503, 'service_unavailable', { 'Retry-After': '5' }],
  [{ kind: 'unavailable', retryAfterSeconds: 2 }, 503, 'service_unavailable', { 'Retry-After': '2' }],
  [{ kind: 'internal' }, 503, 'service_unavailable', {}],
];

describe("faults in words like Kixo's", () => {
  it.each(CASES)('%j is %i %s', (fault, status, error, headers) => {
    const reply = replyToFault(fault);
    expect(reply.status).toBe(status);
    expect(reply.headers).toEqual({ 'Content-Type': 'application/json', ...headers });
    expect(JSON.parse(reply.body)).toEqual({ status: 'error', error, message: expect.any(String) as string });
  });
});
