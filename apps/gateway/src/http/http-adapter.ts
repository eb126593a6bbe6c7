import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ingestServerOptions, type DialectRegistry } from '#dialects';
import type { Readiness } from '#platform';
import { SECURITY_HEADERS } from './security-headers.js';

/** How much of this process one client, or a crowd of them, may hold by being slow. */
export interface HttpLimits {
  readonly maxHeaderBytes: number;
  /** For the request line and the headers. */
  readonly headersTimeoutMs: number;
  /** For a whole request, its body included: 4 MB at 70 KB/s. */
  readonly requestTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveTimeoutMs: number;
  /** Without a byte in either direction: a client that does not read its answer. */
  readonly silenceTimeoutMs: number;
  /** How often connections are looked at: a limit may be exceeded by so much. */
  readonly checkIntervalMs: number;
  readonly maxConnections: number;
}

export const HTTP_LIMITS: HttpLimits = {
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  // Longer than the idle time of the usual load balancers (60 s): they, not we, close first.
  keepAliveTimeoutMs: 72_000,
  // Longer than the longest answer may be in coming: the test of a destination waits as long as that may wait, 300 s.
  silenceTimeoutMs: 330_000,
  checkIntervalMs: 5_000,
  maxConnections: 10_000,
};

/**
 * Of bodies that nobody but Fastify reads: unknown paths, pages. Anybody may send these, and no budget counts them.
 * Admin routes name their own limit, ingest reads its bodies itself.
 */
const MAX_UNWANTED_BODY_BYTES = 1024;
/** Monitors and load balancers may ask these with HEAD. */
const PROBED_PATHS: ReadonlySet<string> = new Set(['/', '/health/live', '/health/ready', '/metrics']);
/** After this, streams and uploads that still run are cut when the server closes. */
const CLOSE_GRACE_MS = 3_000;

export function createHttpAdapter(
  dialects: DialectRegistry,
  readiness: Readiness,
  limits: HttpLimits = HTTP_LIMITS,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    ...ingestServerOptions(dialects),
    bodyLimit: MAX_UNWANTED_BODY_BYTES,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionTimeout: limits.silenceTimeoutMs,
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      // Node's own refusal would be in no dialect's shape; ingest refuses these itself.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
  });
  const server = adapter.getInstance();
  server.server.maxConnections = limits.maxConnections;
  // Whoever only keeps a connection makes room for who wants to send.
  server.server.on('drop', () => server.server.closeIdleConnections());
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // Clients that keep a connection must find another process before this one goes.
    if (readiness.draining) reply.header('connection', 'close');
    done();
  });
  server.addHook('onRoute', (route) => {
    if (route.method === 'GET' && PROBED_PATHS.has(route.url)) server.route({ ...route, method: 'HEAD' });
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
