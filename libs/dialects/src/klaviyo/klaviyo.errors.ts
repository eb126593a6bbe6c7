import { createHash } from 'node:crypto';
import type { Fault, Rejection, Reply, RequestView } from '../dialect.js';
import type { ErrorWire } from './klaviyo.wire.js';

/** The fault of a request as Klaviyo words it. */
interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Absent: the request as a whole. */
  readonly pointer?: string;
  readonly parameter?: string;
}

const WHOLE_REQUEST = '/data';
const INVALID = { code: 'invalid', title: 'Invalid input.' };
/** Repeating the same complaint a thousand times helps nobody. */
export const MAX_ERRORS = 100;

/** A UUID that is the same whenever the same request is answered: pure code has no random source. */
export function errorId(requestId: string, ordinal: number): string {
  const hex = createHash('sha256').update(`${requestId}\n${ordinal}`).digest('hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function errorReply(
  status: number,
  problems: readonly Problem[],
  request: RequestView,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const errors = problems.map(({ code, title, detail, pointer = WHOLE_REQUEST, parameter }, ordinal): ErrorWire => ({
    id: errorId(request.requestId, ordinal),
    status,
    code,
    title,
    detail,
    source: parameter === undefined ? { pointer } : { pointer, parameter },
    links: {},
    meta: {},
  }));
  return {
    status,
    headers: { 'Content-Type': 'application/vnd.api+json', ...headers },
    body: JSON.stringify({ errors }),
  };
}

/** 400 with one error object per violation. */
export function replyToViolations(violations: readonly Rejection[], request: RequestView): Reply {
  const problems = violations.slice(0, MAX_ERRORS).map(({ detail, pointer }) => ({ ...INVALID, detail, pointer }));
  return errorReply(400, problems, request);
}

/** True for the browser-side paths, which are recognised by `company_id` instead of a key. */
export function isClientPath(path: string): boolean {
  return path === '/client' || path.startsWith('/client/');
}

function unauthorized(fault: Extract<Fault, { kind: 'unauthorized' }>, request: RequestView): Reply {
  if (isClientPath(request.path)) {
    const detail = fault.reason === 'missing' ? "'company_id' is a required query parameter." : 'Unknown company_id.';
    return errorReply(400, [{ ...INVALID, detail, parameter: 'company_id' }], request);
  }
  const problem =
    fault.reason === 'missing'
      ? {
          code: 'not_authenticated',
          title: 'Authentication credentials were not provided.',
          detail: 'Missing or invalid authorization scheme. Please use Klaviyo-API-Key.',
        }
      : {
          code: 'authentication_failed',
          title: 'Incorrect authentication credentials.',
          detail: 'Missing or invalid private key.',
        };
  return errorReply(401, [{ ...problem, pointer: '/data/' }], request);
}

const MALFORMED = { code: 'parse_error', title: 'Malformed request.' };
const UNSUPPORTED = { code: 'unsupported_media_type', title: 'Unsupported media type.' };

/** Every answer, server faults included, carries `errors`: a caller exists that takes anything else for success. */
export function replyToFault(fault: Fault, request: RequestView): Reply {
  const reply = (
    status: number,
    code: string,
    title: string,
    detail: string,
    headers?: Readonly<Record<string, string>>,
  ): Reply => errorReply(status, [{ code, title, detail }], request, headers);

  switch (fault.kind) {
    case 'unauthorized':
      return unauthorized(fault, request);
    case 'forbidden': {
      const detail = 'The API key lacks the scope events:write.';
      return reply(403, 'permission_denied', 'You do not have permission to perform this action.', detail);
    }
    case 'invalid_json':
      return reply(400, MALFORMED.code, MALFORMED.title, 'The request body is not valid JSON.');
    case 'bad_encoding':
      return reply(400, MALFORMED.code, MALFORMED.title, 'The request body does not match its Content-Encoding.');
    case 'bad_request':
      return reply(400, INVALID.code, INVALID.title, fault.detail);
    case 'idempotency_conflict':
      return reply(409, 'conflict', 'Conflict.', 'The request conflicts with an earlier one.');
    case 'payload_too_large': {
      const detail = `The request body exceeds ${fault.maxBytes} bytes.`;
      return reply(413, 'payload_too_large', 'Payload too large.', detail);
    }
    case 'unsupported_media_type':
      return reply(415, UNSUPPORTED.code, UNSUPPORTED.title, 'Send application/vnd.api+json or application/json.');
    case 'unsupported_encoding':
      return reply(415, UNSUPPORTED.code, UNSUPPORTED.title, 'Send the body as it is or with gzip, deflate or br.');
    case 'not_found':
      return reply(404, 'not_found', 'Not found.', 'The requested resource does not exist.');
    case 'gone':
      return reply(410, 'gone', 'Gone.', 'This API has been retired. Use /api/events or /api/event-bulk-create-jobs.');
    case 'method_not_allowed': {
      const detail = `Allowed here: ${fault.allow.join(', ')}.`;
      return reply(405, 'method_not_allowed', 'Method not allowed.', detail, { Allow: fault.allow.join(', ') });
    }
    case 'rate_limited': {
      const seconds = String(fault.retryAfterSeconds);
      const detail = `Request was throttled. Expected available in ${seconds} second(s).`;
      return reply(429, 'throttled', 'Request was throttled.', detail, { 'Retry-After': seconds });
    }
    // 503 and nothing else: the vendor's Node client gives up at once on 500 and 502.
    case 'unavailable':
    case 'queue_full': {
      const headers = { 'Retry-After': String(fault.retryAfterSeconds) };
      const detail = 'The service is temporarily unavailable. Try again later.';
      return reply(503, 'service_unavailable', 'Service unavailable.', detail, headers);
    }
    case 'internal':
      return reply(500, 'error', 'A server error occurred.', 'The request could not be processed.');
  }
}
