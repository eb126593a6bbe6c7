import type { JsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';

export const MAX_BODY_BYTES = 5 * 1024 * 1024;
export const MAX_BATCH_EVENTS = 500;
export const MAX_BULK_RECORDS = 1000;
export const MAX_PROPERTY_KEYS = 100;
export const MAX_PROPERTIES_BYTES = 1024 * 1024;

/** Unknown members are kept. */
export interface VibeFollowEvent extends JsonObject {
  readonly external_user_id: string;
  readonly name: string;
  readonly properties?: JsonObject;
  /** ISO 8601; absent: when it is received. */
  readonly timestamp?: string;
}

/** Unknown members are kept. */
export interface VibeFollowUser extends JsonObject {
  readonly external_user_id: string;
  readonly email?: string;
  readonly traits?: JsonObject;
}

export const EVENT_MEMBERS: ReadonlySet<string> = new Set(['external_user_id', 'name', 'properties', 'timestamp']);
export const USER_MEMBERS: ReadonlySet<string> = new Set(['external_user_id', 'email', 'traits']);

const userId = { type: 'string', minLength: 1, description: 'Your id of the user; it need not be known yet' } as const;

export const eventSchema: JsonSchema = {
  type: 'object',
  required: ['external_user_id', 'name'],
  properties: {
    external_user_id: userId,
    name: { type: 'string', minLength: 1 },
    properties: { type: 'object', maxProperties: MAX_PROPERTY_KEYS, description: 'At most 1 MB as JSON' },
    timestamp: { type: 'string', description: 'ISO 8601; without it the time of receipt' },
  },
};

export const userSchema: JsonSchema = {
  type: 'object',
  required: ['external_user_id'],
  properties: {
    external_user_id: userId,
    email: { type: 'string' },
    traits: { type: 'object' },
  },
};

export function listSchema(member: string, items: JsonSchema, maxItems: number): JsonSchema {
  return {
    type: 'object',
    required: [member],
    properties: { [member]: { type: 'array', minItems: 1, maxItems, items } },
  };
}
