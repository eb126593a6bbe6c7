import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Author } from '#control-plane';

/** Whose token a request bears. */
export type Caller = Pick<Author, 'id' | 'name'>;

const callers = new WeakMap<FastifyRequest, Caller>();

export function noteCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

export function authorOf(request: FastifyRequest): Author {
  const caller = callers.get(request);
  if (!caller) throw new Error('a handler was reached without a token');
  return { ...caller, origin: { remoteAddress: request.ip, requestId: request.id } };
}

/** A parameter of type `Author`: who calls, as changes need to know for the audit log. */
export const CalledBy = createParamDecorator((_nothing: unknown, context: ExecutionContext): Author =>
  authorOf(context.switchToHttp().getRequest()),
);
