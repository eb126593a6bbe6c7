import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IngestRoute } from '../dialect.js';
import { DialectRegistry } from '../dialect-registry.js';
import { IngestObserver, Intake, RejectionLog, RequestLimiter, SourceDirectory } from '../ports.js';
import { Admission } from './admission.js';
import { InFlightBudget } from './in-flight-budget.js';
import { faultReply, IngestCall, Lane, NO_QUERY, viewOf, writeReply } from './ingest-call.js';
import { IngestHandler } from './ingest.handler.js';
import { PathTable, type RoutePath } from './path-table.js';
import { answerUnknownPath } from './unknown-path.js';

/** Milliseconds since 1970. */
export type Clock = () => number;

export interface IngestSettings {
  /** Bytes of request bodies that this process holds at most. */
  readonly maxInFlightBytes: number;
  readonly clock: Clock;
  readonly newRequestId: () => string;
}

export const INGEST_SETTINGS = Symbol('INGEST_SETTINGS');

/**
 * Puts every dialect's paths on the Fastify instance, past Nest's pipeline: only so does every answer, whoever causes it,
 * have the dialect's shape, and only so does a request cost microseconds.
 */
@Injectable()
export class IngestServer implements OnModuleDestroy {
  private readonly handler: IngestHandler;
  private readonly paths: PathTable;

  constructor(
    dialects: DialectRegistry,
    sources: SourceDirectory,
    intake: Intake,
    rejections: RejectionLog,
    limiter: RequestLimiter,
    private readonly observer: IngestObserver,
    @Inject(INGEST_SETTINGS) private readonly settings: IngestSettings,
  ) {
    const admission = new Admission(sources, limiter, intake);
    const budget = new InFlightBudget(settings.maxInFlightBytes);
    this.handler = new IngestHandler(admission, intake, rejections, observer, budget);
    this.paths = new PathTable(dialects.all);
  }

  /** Must be called before the instance is ready, and the instance made with `ingestServerOptions`. */
  register(fastify: FastifyInstance): void {
    this.openDoor(fastify);
    const { server } = fastify;
    // Node would refuse an expectation it does not know, in nobody's shape; it may be ignored (RFC 9110, 10.1.1).
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    fastify.register((scope, _options, registered) => {
      scope.addHook('preClose', (done) => {
        this.startClosing();
        done();
      });
      scope.setErrorHandler((error, request, reply) => this.answerError(error, request, reply));
      for (const path of this.paths.all) this.addRoute(scope, path);
      for (const root of this.paths.roots) this.addUnknownPaths(scope, root);
      registered();
    });
  }

  /** Nest calls this before anything that ingest depends on is closed. */
  onModuleDestroy(): void {
    this.startClosing();
  }

  /** From now on requests are answered with 503 and their connections closed; those running are finished. */
  startClosing(): void {
    this.handler.closing = true;
  }

  /**
   * Requests that name a route letter by letter, as clients do, go past the router and everybody's hooks. Any other
   * spelling finds its way through the router.
   */
  private openDoor(fastify: FastifyInstance): void {
    const { clock } = this.settings;
    const lanes = new Map<string, Lane<IngestRoute>>();
    for (const { dialect, route, path } of this.paths.all) {
      if (route.method === 'POST') lanes.set(path, new Lane(dialect, route));
    }
    const usual = fastify.server.listeners('request');
    fastify.server.removeAllListeners('request');
    fastify.server.on('request', (raw: IncomingMessage, response: ServerResponse) => {
      const lane = raw.method === 'POST' ? lanes.get(raw.url ?? '') : undefined;
      if (!lane) {
        for (const listener of usual) Reflect.apply(listener, fastify.server, [raw, response]);
        return;
      }
      const request = { raw, id: this.settings.newRequestId(), query: NO_QUERY };
      void this.handler.ingest(new IngestCall(lane, request, response, clock()));
    });
  }

  /** Everything happens before Fastify looks at the body: it only routes. */
  private addRoute(scope: FastifyInstance, { dialect, route, path }: RoutePath): void {
    const { clock } = this.settings;
    if (route.method === 'GET') {
      const lane = new Lane(dialect, route);
      const onRequest = (request: FastifyRequest, reply: FastifyReply): void => {
        reply.hijack();
        void this.handler.probe(new IngestCall(lane, request, reply.raw, clock()));
      };
      scope.route({ method: ['GET', 'HEAD'], url: path, onRequest, handler: neverReached });
      return;
    }
    const lane = new Lane(dialect, route);
    const onRequest = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      void this.handler.ingest(new IngestCall(lane, request, reply.raw, clock()));
    };
    scope.route({ method: route.method, url: path, onRequest, handler: neverReached });
  }

  private addUnknownPaths(scope: FastifyInstance, root: string): void {
    const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      if (!answerUnknownPath(this.paths, request, reply)) done();
    };
    const handler = (_request: FastifyRequest, reply: FastifyReply): void => reply.callNotFound();
    scope.all(root, { onRequest }, handler);
    scope.all(`${root}/*`, { onRequest }, handler);
    // Methods that the router does not know at all (PROPFIND, …) end up here.
    scope.register(
      (below, _options, registered) => {
        below.addHook('onRequest', onRequest);
        below.setNotFoundHandler((_request, reply) => reply.code(404).send());
        registered();
      },
      { prefix: root },
    );
  }

  /** Errors of hooks that the application put around ingest. */
  private answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const known = this.paths.find(request.raw.url ?? '/');
    if (!known) {
      void reply.code(500).send();
      return;
    }
    this.observer.failed(known.dialect.name, request.id, error);
    const answer = faultReply(known.dialect, { kind: 'internal' }, viewOf(request, known.nativePath));
    reply.hijack();
    writeReply(reply.raw, request.id, answer, false);
  }
}

function neverReached(): never {
  throw new Error('ingest answers in onRequest');
}
