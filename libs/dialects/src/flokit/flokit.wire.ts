import type { Json, JsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';

/** One event as FloKit's clients send it. Unknown top-level keys are allowed. */
export interface FlokitItem {
  readonly event: string;
  readonly user_id?: string | null;
  readonly anonymous_id?: string | null;
  readonly timestamp: string;
  readonly properties?: JsonObject | null;
  readonly [key: string]: Json | undefined;
}

export interface FlokitBatch {
  readonly events: readonly Json[];
}

export const MAX_EVENTS = 1000;
/** The vendor publishes no figure; ours. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** An item without the taxonomy's rules. `instant` is any ISO 8601 date or date-time; no offset means UTC. */
export const ITEM_SCHEMA = {
  type: 'object',
  required: ['event', 'timestamp'],
  anyOf: [
    { required: ['user_id'], properties: { user_id: { type: 'string', minLength: 1 } } },
    { required: ['anonymous_id'], properties: { anonymous_id: { type: 'string', minLength: 1 } } },
  ],
  properties: {
    event: {
      type: 'string',
      minLength: 1,
      description: 'Name from the event taxonomy, or a custom one.',
      examples: ['paywall_viewed'],
    },
    user_id: { type: ['string', 'null'], description: 'Required if there is no anonymous_id.' },
    anonymous_id: { type: ['string', 'null'], description: 'Required if there is no user_id.' },
    timestamp: { type: 'string', format: 'instant', description: 'ISO 8601, when the event occurred.' },
    properties: { type: ['object', 'null'], description: 'Free keys; some events require some.' },
  },
} as const satisfies JsonSchema;

export const BATCH_SCHEMA = {
  type: 'object',
  required: ['events'],
  properties: { events: { type: 'array', minItems: 1, maxItems: MAX_EVENTS, items: ITEM_SCHEMA } },
} as const satisfies JsonSchema;
