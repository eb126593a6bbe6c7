import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TagCondition, WriteCondition } from '#control-plane';

/** RFC 9110, 13: what a caller says about the state that it means to change. Nobody is made to say anything. */
export function readCondition({ headers }: Pick<FastifyRequest, 'headers'>): WriteCondition {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  return {
    // A weak tag says nothing about the exact state: it matches nothing here.
    ...(ifMatch === undefined ? {} : { ifMatch: readTags(ifMatch, 'strong') }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: readTags(ifNoneMatch, 'weak') }),
  };
}

/** What is no tag, or none of ours, matches nothing. */
function readTags(text: string, comparison: 'strong' | 'weak'): TagCondition {
  if (text.trim() === '*') return 'any';
  const tags = text.matchAll(/(W\/)?"([^"]*)"/g);
  return [...tags].flatMap(([, weak, tag = '']) => (weak !== undefined && comparison === 'strong' ? [] : [tag]));
}

/** A parameter of type `WriteCondition`. */
export const Condition = createParamDecorator((_nothing: unknown, context: ExecutionContext): WriteCondition =>
  readCondition(context.switchToHttp().getRequest()),
);

/** Documents that a call heeds `If-Match` and `If-None-Match`. */
export function Conditional(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Only if it still has this `ETag`; `*`: if it exists.',
    }),
    ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only if it does not exist.' }),
    ApiResponse({ status: 412, description: 'It is not in the state that the condition names; nothing was changed.' }),
  );
}

export function tagAnswer(reply: FastifyReply, etag: string): void {
  void reply.header('etag', `"${etag}"`);
}

/** Tags the answer to a GET. True: the caller has this state already, and 304 without a body says so. */
export function isKnownState(reply: FastifyReply, etag: string): boolean {
  tagAnswer(reply, etag);
  const { ifNoneMatch } = readCondition(reply.request);
  if (ifNoneMatch === undefined || (ifNoneMatch !== 'any' && !ifNoneMatch.includes(etag))) return false;
  void reply.code(304);
  return true;
}
