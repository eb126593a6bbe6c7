import type { JsonObject } from '#canonical';
import type { Fault, Reply } from '../dialect.js';

/** Status, slug and sentence of everything that goes wrong around a request. */
const FAULTS: Readonly<Record<Fault['kind'], readonly [status: number, error: string, message: string]>> = {
  unauthorized: [401, 'unauthorized', 'The API key is missing or unknown'],
  forbidden: [403, 'forbidden', 'The API key may not do this'],
  invalid_json: [400, 'invalid_request', 'The body must be valid JSON'],
  bad_encoding: [400, 'invalid_request', 'The body does not match its Content-Encoding'],
  bad_request: [400, 'invalid_request', 'The request is malformed'],
  payload_too_large: [413, 'payload_too_large', 'The body is too large'],
  unsupported_media_type: [415, 'unsupported_media_type', 'Content-Type must be application/json'],
  unsupported_encoding: [415, 'unsupported_media_type', 'Content-Encoding must be gzip, deflate or br'],
  rate_limited: [429, 'rate_limited', 'Too many requests'],
  idempotency_conflict: [409, 'conflict', 'The key was used with another body'],
  not_found: [404, 'not_found', 'There is no such endpoint'],
  gone: [410, 'gone', 'This endpoint has been retired'],
  method_not_allowed: [405, 'method_not_allowed', 'The endpoint does not take this method'],
  unavailable: [503, 'unavailable', 'Temporarily unavailable, retry later'],
  queue_full: [503, 'unavailable', 'Temporarily unavailable, retry later'],
  internal: [500, 'internal_error', 'Internal error'],
};

export function replyToFault(fault: Fault): Reply {
  const [status, error, message] = FAULTS[fault.kind];
  return errorReply(status, error, fault.kind === 'bad_request' ? fault.detail : message, headersOf(fault));
}

function headersOf(fault: Fault): Reply['headers'] {
  if ('retryAfterSeconds' in fault) return { 'Retry-After': String(fault.retryAfterSeconds) };
  return fault.kind === 'method_not_allowed' ? { Allow: fault.allow.join(', ') } : {};
}

export function errorReply(status: number, error: string, message: string, headers?: Reply['headers']): Reply {
  return jsonReply(status, { error, message }, headers);
}

export function jsonReply(status: number, body: JsonObject, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
