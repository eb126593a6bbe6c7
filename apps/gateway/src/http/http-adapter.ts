import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, RequestView } from '#dialects';
import type { Readiness } from '#platform';
import { answerClientError } from './client-errors.js';
import type { FrameworkFaults } from './framework-faults.js';

/** For routes that say nothing themselves: admin documents, the largest being a whole configuration. */
const maxBodyBytes = 4 * 1024 * 1024;
const maxHeaderBytes = 16 * 1024;
/** A client that sends slower than this is taken for an attack. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 60_000;
/** Longer than the idle time of the usual load balancers (60 s): they, not we, close first. */
const keepAliveTimeoutMs = 72_000;
/** After this, streams and uploads that still run are cut when the server closes. */
const closeGraceMs = 3_000;

export function createHttpAdapter(faults: FrameworkFaults, readiness: Readiness): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { maxHeaderSize: maxHeaderBytes, headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 5_000 },
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 500 },
    genReqId: requestId,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: { readonly code: string }, request: FastifyRequest, reply: FastifyReply) => {
      answerFrameworkError(error.code, faults, request, reply);
    },
  });
  const server = adapter.getInstance();
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // Clients that keep a connection must find another process before this one goes.
    if (readiness.draining) reply.header('connection', 'close');
    done();
  });
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), closeGraceMs).unref();
    done();
  });
  return adapter;
}

/** A caller's own id is kept if it is harmless in headers and logs. */
function requestId(message: IncomingMessage): string {
  const given = message.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

function answerFrameworkError(
  code: string,
  faults: FrameworkFaults,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const isTooLongParameter = code === 'FST_ERR_MAX_PARAM_LENGTH';
  const fault: Fault = isTooLongParameter
    ? { kind: 'not_found' }
    : { kind: 'bad_request', detail: 'The address is not validly percent-encoded.' };
  const answer = faults.render(fault, isTooLongParameter ? 404 : 400, viewOf(request));
  void reply
    .code(answer.status)
    .headers({ ...answer.headers, 'x-request-id': request.id })
    .send(answer.body);
}

function viewOf(request: FastifyRequest): RequestView {
  const [path = '/'] = request.url.split('?', 1);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
  return { requestId: request.id, path, query: {}, headers: Object.fromEntries(headers) };
}
