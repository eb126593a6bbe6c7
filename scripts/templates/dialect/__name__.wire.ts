import type { Json, JsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';

/** One event as the vendor's clients send it. Unknown members are allowed. */
export interface WireItem {
  readonly event: string;
  readonly user_id: string;
  readonly timestamp: string;
  readonly properties?: JsonObject;
  readonly [key: string]: Json | undefined;
}

export interface WireBatch {
  readonly events: readonly Json[];
  readonly [key: string]: Json | undefined;
}

export const MAX_EVENTS = 1000;
/** Counted after decompression. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** `instant` is any ISO 8601 date or date-time; no offset means UTC. */
export const ITEM_SCHEMA = {
  type: 'object',
  required: ['event', 'user_id', 'timestamp'],
  properties: {
    event: { type: 'string', minLength: 1, description: 'Name of the event.', examples: ['order_completed'] },
    user_id: { type: 'string', minLength: 1, description: 'Who did it.' },
    timestamp: { type: 'string', format: 'instant', description: 'ISO 8601, when it happened.' },
    properties: { type: 'object', description: 'Free keys.' },
  },
} as const satisfies JsonSchema;

export const BATCH_SCHEMA = {
  type: 'object',
  required: ['events'],
  properties: { events: { type: 'array', minItems: 1, maxItems: MAX_EVENTS, items: ITEM_SCHEMA } },
} as const satisfies JsonSchema;
