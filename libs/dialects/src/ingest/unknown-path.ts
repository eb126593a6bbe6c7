import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, Reply } from '../dialect.js';
import { allowsAnyOrigin, faultReply, viewOf, writeReply } from './ingest-call.js';
import type { KnownPath, PathTable } from './path-table.js';

const PREFLIGHT_MAX_AGE_SECONDS = 86_400;

/**
 * Answers what no route takes, in the shape of the dialect that owns the path: unknown and retired paths, wrong methods,
 * OPTIONS. False if no dialect owns the path; then nothing is written.
 */
export function answerUnknownPath(paths: PathTable, request: FastifyRequest, reply: FastifyReply): boolean {
  const known = paths.find(request.raw.url ?? '/');
  if (!known) return false;
  const { dialect, nativePath } = known;
  const answer = optionsReply(known, request) ?? faultReply(dialect, pathFault(known), viewOf(request, nativePath));
  reply.hijack();
  writeReply(reply.raw, request.id, answer, allowsAnyOrigin(dialect, nativePath));
  return true;
}

function pathFault({ dialect, nativePath, methods }: KnownPath): Fault {
  if (dialect.gone?.includes(nativePath)) return { kind: 'gone' };
  return methods.length > 0 ? { kind: 'method_not_allowed', allow: methods } : { kind: 'not_found' };
}

function optionsReply({ dialect, nativePath, methods }: KnownPath, request: FastifyRequest): Reply | undefined {
  if (request.method !== 'OPTIONS' || methods.length === 0) return undefined;
  const allow = [...methods, 'OPTIONS'].join(', ');
  const preflight = dialect.cors &&
    allowsAnyOrigin(dialect, nativePath) && {
      'Access-Control-Allow-Methods': allow,
      'Access-Control-Allow-Headers': dialect.cors.headers.join(', '),
      'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
    };
  return { status: 204, headers: { Allow: allow, ...preflight }, body: '' };
}
