import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify';
import { isJsonObject } from '#canonical';
import { pointerTo } from '#control-plane';
import { Log } from '#platform';
import { AdminCallers } from './admin-callers.js';
import { USUAL_BODY } from './admin-route.js';
import { compressed } from './compressed.js';
import { callerOf, noteCaller, type Caller } from './caller.js';
import { mediaTypeOf, MERGE_PATCH_TYPE, YAML_TYPES } from './media-types.js';
import { PathMethods } from './path-methods.js';
import { notFound, problem, ProblemError, PROBLEM_TYPE, validationProblem } from './problem.js';
import { problemOfError } from './problem-of-error.js';

const ROOT = '/admin';
/** HEAD is not among them: where it has no route, it meets the hook for unknown methods. */
const ANY_METHOD = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * What holds for every path below `/admin`, existing or not: nobody without a token gets further than the headers, nobody
 * who may only view reaches a handler that changes something, and every fault, the framework's own included, is answered
 * as a problem.
 */
@Injectable()
export class AdminPaths {
  private readonly methods = new PathMethods();
  private readonly log: Log;

  constructor(
    private readonly callers: AdminCallers,
    log: Log,
  ) {
    this.log = log.child({ component: 'admin' });
  }

  /** Must be called before the routes are registered. */
  install(server: FastifyInstance): void {
    if (!server.hasContentTypeParser(MERGE_PATCH_TYPE)) {
      server.addContentTypeParser(
        MERGE_PATCH_TYPE,
        { parseAs: 'string' },
        server.getDefaultJsonParser('error', 'error'),
      );
    }
    if (!server.hasContentTypeParser(YAML_TYPES[0])) {
      // Handed on as it came: what it means is for the route to say.
      server.addContentTypeParser([...YAML_TYPES], { parseAs: 'string' }, (_request, body, done) => done(null, body));
    }
    server.addHook('onRoute', (route) => this.prepareRoute(route));
    // Methods that the router does not know have no route, and would otherwise meet the framework's own 404.
    server.addHook('onRequest', (request, reply, done) => {
      if (request.is404 && isAdminPath(request.url)) this.answerUnknownMethod(request, reply);
      else done();
    });
    for (const url of [ROOT, `${ROOT}/*`]) {
      server.route({
        method: ANY_METHOD,
        url,
        handler: (request, reply) => this.answerError(this.unknown(request), request, reply),
      });
    }
  }

  answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { problem: answer, headers, unexpected } = problemOfError(error);
    if (unexpected)
      this.log.error({ error, requestId: request.id, route: request.routeOptions.url }, 'a request failed');
    void reply
      .code(answer.status)
      .headers({ 'x-request-id': request.id, 'cache-control': 'no-store', ...headers })
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(answer));
  }

  private prepareRoute(route: RouteOptions): void {
    if (!isAdminPath(route.url)) return;
    if (!route.url.endsWith('*') && route.url !== ROOT) this.methods.add(route.url, [route.method].flat());
    const { body = USUAL_BODY, changesNothing } = route.config?.adminRoute ?? {};
    const others = [route.onRequest ?? []].flat();
    // On the route, not by the request's path: the router decodes and collapses paths that a comparison would miss.
    route.onRequest = [
      (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => this.admit(request, reply, done),
      ...others,
    ];
    // Who may not do it at all is told that first, however the query reads.
    const check = (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
      const mayNot = changesNothing && !changesNothing(request) ? refusalOfRole(callerOf(request)) : undefined;
      done(mayNot ?? refusalOfQuery(request.query));
    };
    route.preHandler = [check, ...[route.preHandler ?? []].flat()];
    route.onSend = [compressed, ...[route.onSend ?? []].flat()];
    route.errorHandler = (error, request, reply) => this.answerError(error, request, reply);
    route.bodyLimit = body.maxBytes;
  }

  /** Runs before a byte of the body is read. */
  private admit(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const refusal = this.refusalOf(request);
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
    // Many clients name a type where there is no body, as in POST …/pause.
    if (!hasBody(request.headers)) delete request.headers['content-type'];
    done(refusal);
  }

  private refusalOf(request: FastifyRequest): ProblemError | undefined {
    const { headers, method, routeOptions } = request;
    const { body = USUAL_BODY, changesNothing } = routeOptions.config.adminRoute ?? {};
    const caller = this.callers.identify(headers.authorization);
    if (!caller) {
      const answer = problem(401, 'unauthorized', 'Send an admin token as Authorization: Bearer <token>.');
      return new ProblemError(answer, { 'www-authenticate': 'Bearer realm="admin"' });
    }
    noteCaller(request, caller);
    const refusal = method === 'GET' || changesNothing ? undefined : refusalOfRole(caller);
    if (refusal) return refusal;
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
      return new ProblemError(problem(415, 'unsupported_encoding', 'Send the body uncompressed.'));
    }
    // Parsers of other types are there for others; a form would even come out as an object.
    if (!hasBody(headers) || body.mediaTypes.includes(mediaTypeOf(headers['content-type'] ?? ''))) return undefined;
    return new ProblemError(problem(415, 'unsupported_media_type', `Send ${body.mediaTypes[0] ?? 'no body'}.`));
  }

  private answerUnknownMethod(request: FastifyRequest, reply: FastifyReply): void {
    this.admit(request, reply, (refusal) => this.answerError(refusal ?? this.unknown(request), request, reply));
  }

  private unknown(request: FastifyRequest): ProblemError {
    const [path = ''] = request.url.split('?', 1);
    const allow = this.methods.of(path).join(', ');
    if (allow === '') return notFound('There is nothing at this address.');
    return new ProblemError(problem(405, 'method_not_allowed', `This address takes ${allow}.`), { allow });
  }
}

function refusalOfRole({ role }: Caller): ProblemError | undefined {
  switch (role) {
    case 'admin':
      return undefined;
    case 'viewer':
      return new ProblemError(
        problem(403, 'viewers_may_not_change', 'This token may read everything, change nothing.'),
      );
  }
}

/** No parameter of ours is a list: of one that is given twice nobody could say which one holds. */
function refusalOfQuery(query: unknown): ProblemError | undefined {
  const repeated = isJsonObject(query) ? Object.entries(query).filter(([, value]) => Array.isArray(value)) : [];
  if (repeated.length === 0) return undefined;
  const faults = repeated.map(([name]) => ({ pointer: pointerTo('', name), message: 'must be given once' }));
  return new ProblemError(validationProblem(faults));
}

function hasBody(headers: FastifyRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isAdminPath(url: string): boolean {
  const path = url.replace(/^\/+/, '/');
  return path === ROOT || path.startsWith(`${ROOT}/`) || path.startsWith(`${ROOT}?`);
}
