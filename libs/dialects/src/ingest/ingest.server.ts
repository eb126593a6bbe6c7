import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IngestRoute, ProbeRoute } from '../dialect.js';
import { DialectRegistry } from '../dialect-registry.js';
import { IngestObserver, Intake, RejectionLog, RequestLimiter, SourceDirectory } from '../ports.js';
import { Admission } from './admission.js';
import { noteTarget, watchConnection } from './connection-paths.js';
import { InFlightBudget } from './in-flight-budget.js';
import { allowsAnyOrigin, faultReply, IngestCall, Lane, NO_QUERY, viewOf, writeReply } from './ingest-call.js';
import { IngestHandler } from './ingest.handler.js';
import { PathTable } from './path-table.js';
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
  /** Of all routes that take events, by path. */
  private readonly lanes = new Map<string, Lane<IngestRoute>>();

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
    for (const { dialect, route, path } of this.paths.all) {
      if (route.method === 'POST') this.lanes.set(path, new Lane(dialect, route));
    }
  }

  /** Must be called before the instance is ready, and the instance made with `ingestServerOptions`. */
  register(fastify: FastifyInstance): void {
    const { server } = fastify;
    // Node would refuse an expectation it does not know, in nobody's shape; it may be ignored (RFC 9110, 10.1.1).
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    server.on('connection', watchConnection);
    this.openDoor(fastify);
    fastify.register((scope, _options, registered) => {
      scope.addHook('preClose', (done) => {
        this.startClosing();
        done();
      });
      scope.setErrorHandler((error, request, reply) => this.answerError(error, request, reply));
      for (const path of this.paths.all) {
        if (path.route.method === 'GET') this.addProbe(scope, path.path, new Lane(path.dialect, path.route));
      }
      for (const [path, lane] of this.lanes) this.addIntake(scope, path, lane);
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
    const usual = fastify.server.listeners('request');
    fastify.server.removeAllListeners('request');
    fastify.server.on('request', (raw: IncomingMessage, response: ServerResponse) => {
      noteTarget(raw.socket, raw.url);
      const lane = raw.method === 'POST' ? this.lanes.get(raw.url ?? '') : undefined;
      if (!lane) {
        for (const listener of usual) Reflect.apply(listener, fastify.server, [raw, response]);
        return;
      }
      const request = { raw, id: this.settings.newRequestId(), query: NO_QUERY };
      void this.handler.ingest(new IngestCall(lane, request, response, this.settings.clock()));
    });
  }

  /** Everything happens before Fastify looks at the body: it only routes. */
  private addIntake(scope: FastifyInstance, url: string, lane: Lane<IngestRoute>): void {
    const onRequest = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      void this.handler.ingest(new IngestCall(lane, request, reply.raw, this.settings.clock()));
    };
    scope.route({ method: lane.route.method, url, onRequest, handler: neverReached });
  }

  private addProbe(scope: FastifyInstance, url: string, lane: Lane<ProbeRoute>): void {
    const onRequest = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      void this.handler.probe(new IngestCall(lane, request, reply.raw, this.settings.clock()));
    };
    scope.route({ method: ['GET', 'HEAD'], url, onRequest, handler: neverReached });
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
    writeReply(reply.raw, request.id, answer, allowsAnyOrigin(known.dialect, known.nativePath));
  }
}

function neverReached(): never {
  throw new Error('ingest answers in onRequest');
}
