import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AdminRole, Author } from '#control-plane';

/** Whose token a request bears. */
export interface Caller {
  /** `root`: the holder of ADMIN_TOKEN; otherwise the id of an admin token. */
  readonly id: string;
  readonly name: string;
  readonly role: AdminRole;
  /** ISO 8601. Null: never. */
  readonly expiresAt: string | null;
  /** For what goes on longer than a request usually does. From memory. */
  readonly isStillGood: () => boolean;
}

const callers = new WeakMap<FastifyRequest, Caller>();

export function noteCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('a handler was reached without a token');
  return caller;
}

/** A parameter of type `Caller`. */
export const CurrentCaller = createParamDecorator((_nothing: unknown, context: ExecutionContext): Caller =>
  callerOf(context.switchToHttp().getRequest()),
);

/** A parameter of type `Author`: who calls, as changes need to know for the audit log. */
export const CalledBy = createParamDecorator((_nothing: unknown, context: ExecutionContext): Author => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { id, name } = callerOf(request);
  return { id, name, origin: { remoteAddress: request.ip, requestId: request.id } };
});
