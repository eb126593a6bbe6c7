import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Smaller answers fit into a few packets as they are. */
const MIN_CHARACTERS = 8 * 1024;
/** Most of what can be gained, for little work: answers are made anew every time. */
const LEVEL = 4;

type Done = (error: Error | null, payload?: unknown) => void;

/**
 * Compresses large answers for callers that take it; a hook for `onSend`. Guessing secrets by the size of compressed
 * answers needs a stranger who can make a browser ask, and nothing here is answered for a cookie.
 */
export function compressed(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done): void {
  if (typeof payload !== 'string' || payload.length < MIN_CHARACTERS) return done(null, payload);
  reply.header('vary', 'accept-encoding');
  if (!takesGzip(request.headers['accept-encoding'])) return done(null, payload);
  gzip(payload, { level: LEVEL }, (error, smaller) => {
    if (error) return done(error);
    reply.header('content-encoding', 'gzip').removeHeader('content-length');
    done(null, smaller);
  });
}

/** RFC 9110, 12.5.3: named with a weight that is not zero; `*` stands for whatever is not named. */
export function takesGzip(header: string | readonly string[] | undefined): boolean {
  const weights = new Map(
    [header ?? []]
      .flat()
      .join(',')
      .split(',')
      .map((part): [string, number] => {
        const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
        const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
        return [coding, weight === undefined ? 1 : Number(weight)];
      }),
  );
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}
