import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Fault, Reply } from '../dialect.js';
import type { DialectRegistry } from '../dialect-registry.js';
import { refusedTarget } from './connection-paths.js';
import { afterEarlierAnswers } from './earlier-answers.js';
import { allowsAnyOrigin, faultReply, viewOf, writeReply } from './ingest-call.js';
import { PathTable, type KnownPath } from './path-table.js';
import { requestIds } from './request-ids.js';

/**
 * What the Fastify instance must be created with for ingest to keep its promises: own request ids, optional final
 * slashes, and a dialect's shape even where Fastify or Node's parser refuses before any route runs.
 */
export function ingestServerOptions(dialects: DialectRegistry, newRequestId: () => string = requestIds()) {
  const paths = new PathTable(dialects.all);
  return {
    genReqId: newRequestId,
    exposeHeadRoutes: false,
    // Fastify's own answer would not be a dialect's; ingest answers 503 itself while the server closes.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 500 },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      answerFrameworkError(paths, error, request, reply);
    },
    clientErrorHandler: (error: ConnectionError, socket: Socket) => {
      answerClientError(paths, error, socket, newRequestId());
    },
  } satisfies FastifyServerOptions;
}

/** Bad percent-encoding and over-long parameters: Fastify refuses these before it looks for a route. */
function answerFrameworkError(
  paths: PathTable,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const status = error.statusCode ?? 400;
  const owner = paths.find(request.raw.url ?? '/');
  const detail = 'The path is not valid percent-encoding';
  const answer = owner
    ? faultReply(owner.dialect, { kind: 'bad_request', detail }, viewOf(request, owner.nativePath))
    : problem(status, 'malformed_request', detail);
  reply.hijack();
  writeReply(reply.raw, request.id, answer, isOpen(owner));
}

/** Node's parser gave up: there is no request and no response, only a socket. */
function answerClientError(paths: PathTable, error: ConnectionError, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const target = refusedTarget(socket, error.rawPacket);
  const owner = target === undefined ? undefined : paths.find(target);
  const view = { requestId, path: owner?.nativePath ?? '', query: {}, headers: {} };
  const answer = owner ? faultReply(owner.dialect, clientFault(error.code), view) : clientProblem(error.code);
  const response = rawResponse(answer, requestId, isOpen(owner));
  afterEarlierAnswers(socket, () => void socket.end(response));
}

/** Whether scripts of any page may read the answer. */
const isOpen = (owner: KnownPath | undefined): boolean =>
  owner !== undefined && allowsAnyOrigin(owner.dialect, owner.nativePath);

function clientFault(code: string | undefined): Fault {
  // Too slow is no fault of the content: the vendor's clients shall try again.
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { kind: 'unavailable', retryAfterSeconds: 1 };
  return { kind: 'bad_request', detail: 'Malformed HTTP request' };
}

/** Where it is not known whom the request was meant for. */
function clientProblem(code: string | undefined): Reply {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem(408, 'request_timeout');
  return code === 'HPE_HEADER_OVERFLOW' ? problem(431, 'headers_too_large') : problem(400, 'malformed_request');
}

function problem(status: number, code: string, detail?: string): Reply {
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    ...(detail !== undefined && { detail }),
  });
  return { status, headers: { 'Content-Type': 'application/problem+json' }, body };
}

function rawResponse(reply: Reply, requestId: string, cors: boolean): string {
  const headers = {
    ...reply.headers,
    'X-Request-Id': requestId,
    ...(cors && { 'Access-Control-Allow-Origin': '*' }),
    'Content-Length': String(Buffer.byteLength(reply.body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${reply.body}`;
}
