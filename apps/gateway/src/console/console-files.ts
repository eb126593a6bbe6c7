import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Where the build leaves the web console, beside the compiled program. */
const BUILT = fileURLToPath(new URL('../../../../console/', import.meta.url));
const ROOT = '/console';
const ASSETS = `${ROOT}/assets/`;

/** Stricter than other pages: no inline code or style, and nothing from or to anybody but this gateway. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self'",
].join('; ');

const NOT_BUILT = 'The web console is not there: `npm run build` builds it.\n';

/**
 * Serves the web console. Files below `assets/` carry a hash of their content in their name and never change; every
 * other address below `/console` is a page of the console, which knows its own addresses. Before the server listens.
 */
export function serveConsole(server: FastifyInstance, folder: string = BUILT): void {
  const indexPath = join(folder, 'index.html');
  if (!existsSync(indexPath)) {
    for (const url of [ROOT, `${ROOT}/*`]) server.get(url, (_request, reply) => answerText(reply, 404, NOT_BUILT));
    return;
  }
  const page = readFileSync(indexPath);
  server.register((scope, _settings, done) => {
    scope.addHook('onRequest', (_request, reply, next) => {
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      next();
    });
    scope.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: ASSETS,
      decorateReply: false,
      wildcard: false,
      preCompressed: true,
      immutable: true,
      maxAge: '365d',
    });
    scope.get(`${ASSETS}*`, (_request, reply) => answerText(reply, 404, 'There is no such file.\n'));
    for (const url of [ROOT, `${ROOT}/*`]) {
      scope.get(url, (_request, reply) =>
        reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page),
      );
    }
    done();
  });
}

function answerText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(text);
}
