import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ingestServerOptions, type DialectRegistry } from '#dialects';
import type { Readiness } from '#platform';
import { SECURITY_HEADERS } from './security-headers.js';

/** For routes that say nothing themselves: admin documents, the largest being a whole configuration. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
/** A client that sends slower than this is taken for an attack. */
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than the idle time of the usual load balancers (60 s): they, not we, close first. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** After this, streams and uploads that still run are cut when the server closes. */
const CLOSE_GRACE_MS = 3_000;

export function createHttpAdapter(dialects: DialectRegistry, readiness: Readiness): FastifyAdapter {
  const adapter = new FastifyAdapter({
    ...ingestServerOptions(dialects),
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 5_000 },
    forceCloseConnections: 'idle',
  });
  const server = adapter.getInstance();
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // Clients that keep a connection must find another process before this one goes.
    if (readiness.draining) reply.header('connection', 'close');
    done();
  });
  // Not on ingest paths, which answer past Fastify: what vendors do not send, their clients need not get.
  server.addHook('onSend', (_request, reply, payload, done) => {
    for (const [name, value] of SECURITY_HEADERS) if (!reply.hasHeader(name)) reply.header(name, value);
    done(null, payload);
  });
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    done();
  });
  return adapter;
}
