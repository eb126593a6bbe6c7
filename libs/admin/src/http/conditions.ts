import type { FastifyReply } from 'fastify';
import type { WriteCondition } from '#control-plane';

/** `If-Match` with one strong tag; `*` asks for nothing that the call does not ask for anyway. */
export function readCondition(ifMatch: string | undefined): WriteCondition {
  if (ifMatch === undefined || ifMatch.trim() === '*') return {};
  // Anything that is no strong tag of ours matches nothing, as RFC 9110 has it.
  return { ifMatch: /^\s*"([^"]*)"\s*$/.exec(ifMatch)?.[1] ?? '' };
}

export function tagAnswer(reply: FastifyReply, etag: string): void {
  void reply.header('etag', `"${etag}"`);
}
