import { RouteConfig } from '@nestjs/platform-fastify';
import { JSON_TYPE, MERGE_PATCH_TYPE } from './media-types.js';

/** What a route takes as its body. */
export interface AdminBody {
  readonly mediaTypes: readonly string[];
  readonly maxBytes: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    adminBody?: AdminBody;
  }
}

/** For routes that say nothing themselves. */
export const USUAL_BODY: AdminBody = { mediaTypes: [JSON_TYPE, MERGE_PATCH_TYPE], maxBytes: 1_000_000 };

export function TakesBody(body: AdminBody): MethodDecorator {
  return RouteConfig({ adminBody: body });
}
