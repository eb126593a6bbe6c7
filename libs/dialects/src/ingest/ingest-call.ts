import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect, Fault, Grant, IngestRoute, ProbeRoute, Reply, RequestView } from '../dialect.js';
import type { KnownSource } from '../ports.js';
import { drainBody } from './collect-body.js';
import { endTogether } from './end-together.js';
import { covers } from './path-table.js';

/** What is known about a route before any request. */
export class Lane<Route extends IngestRoute | ProbeRoute = IngestRoute | ProbeRoute> {
  readonly grants: ReadonlySet<Grant>;
  readonly cors: boolean;

  constructor(
    readonly dialect: Dialect,
    readonly route: Route,
  ) {
    this.grants = new Set(typeof route.grant === 'string' ? [route.grant] : route.grant);
    this.cors = allowsAnyOrigin(dialect, route.path);
  }
}

/** What ingest needs of Fastify's request, where there is one. */
export interface EnteredRequest {
  readonly raw: IncomingMessage;
  readonly id: string;
  readonly query: unknown;
}

/** One request on its way through the mechanism. */
export class IngestCall<Route extends IngestRoute | ProbeRoute = IngestRoute | ProbeRoute> {
  readonly startedAt = performance.now();
  readonly raw: IncomingMessage;
  readonly view: RequestView;
  source: KnownSource | null = null;
  rateHeaders: Readonly<Record<string, string>> | undefined;

  constructor(
    readonly lane: Lane<Route>,
    request: EnteredRequest,
    readonly response: ServerResponse,
    /** Milliseconds since 1970. */
    readonly receivedAt: number,
  ) {
    this.raw = request.raw;
    this.view = viewOf(request, lane.route.path);
  }

  get dialect(): Dialect {
    return this.lane.dialect;
  }
}

export const NO_QUERY: Readonly<Record<string, string>> = {};

export function viewOf(request: EnteredRequest, nativePath: string): RequestView {
  const { url = '', headers } = request.raw;
  return {
    requestId: request.id,
    path: nativePath,
    query: url.includes('?') ? firstValues(request.query) : NO_QUERY,
    // Only set-cookie comes as a list, and requests have none.
    headers: headers as Readonly<Record<string, string | undefined>>,
  };
}

function firstValues(query: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(query as Record<string, string | readonly string[]>);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : (value[0] ?? '')]),
  );
}

export function allowsAnyOrigin(dialect: Dialect, nativePath: string): boolean {
  return dialect.cors?.paths.some((path) => covers(path, nativePath)) ?? false;
}

/** The dialect's answer to a fault; if even that fails, an empty 500. */
export function faultReply(dialect: Dialect, fault: Fault, view: RequestView): Reply {
  try {
    return dialect.replyToFault(fault, view);
  } catch {
    return { status: 500, headers: {}, body: '' };
  }
}

/**
 * Writes an answer past Fastify: it would add a charset to every JSON media type, which JSON:API forbids, and spell
 * header names in lower case. What the caller still sends runs into the void.
 */
export function writeReply(
  response: ServerResponse,
  requestId: string,
  reply: Reply,
  cors: boolean,
  extra?: Readonly<Record<string, string>>,
): void {
  drainBody(response.req);
  if (response.headersSent || response.destroyed) return;
  const headers = extra ? { ...reply.headers, ...extra } : reply.headers;
  response.writeHead(reply.status, headerList(headers, requestId, reply, cors));
  const closes = !response.shouldKeepAlive || headers.Connection === 'close';
  if (closes && !response.req.complete) endOnceSent(response, reply.body);
  else endTogether(response, reply.body);
}

/** Names and values by turns: Node reads these faster than an object that was put together for it. */
function headerList(
  headers: Readonly<Record<string, string>>,
  requestId: string,
  { status, body }: Reply,
  cors: boolean,
): string[] {
  const list: string[] = [];
  for (const name in headers) list.push(name, headers[name] ?? '');
  list.push('X-Request-Id', requestId);
  if (cors) list.push('Access-Control-Allow-Origin', '*');
  if (status !== 204) list.push('Content-Length', String(Buffer.byteLength(body)));
  return list;
}

/** For how long a connection that is to be closed waits for its caller to finish sending. */
const LINGER_MS = 5_000;

/** Closing a connection that still brings bytes resets it, and the caller loses the answer it has not read yet. */
function endOnceSent(response: ServerResponse, body: string): void {
  const { req: raw } = response;
  const end = (): void => {
    clearTimeout(timer);
    raw.off('end', end).off('close', end);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  raw.on('end', end).on('close', end);
  response.flushHeaders();
  response.write(body);
}
