import { RouteConfig } from '@nestjs/platform-fastify';
import { JSON_TYPE, MERGE_PATCH_TYPE } from './media-types.js';

/** What a route takes as its body. */
export interface AdminBody {
  readonly mediaTypes: readonly string[];
  readonly maxBytes: number;
}

/** A request as far as it says whether it would change anything. */
export interface AskedOf {
  readonly query: unknown;
  readonly body: unknown;
}

export interface AdminRouteRules {
  /** Absent: USUAL_BODY. */
  readonly body?: AdminBody;
  /** Which requests change nothing although they are no GET: viewers may make these. Absent: none. */
  readonly changesNothing?: (asked: AskedOf) => boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    adminRoute?: AdminRouteRules;
  }
}

/** For routes that say nothing themselves. */
export const USUAL_BODY: AdminBody = { mediaTypes: [JSON_TYPE, MERGE_PATCH_TYPE], maxBytes: 1_000_000 };

/** What a handler needs other than usual. */
export function AdminRoute(rules: AdminRouteRules): MethodDecorator {
  return RouteConfig({ adminRoute: rules });
}
