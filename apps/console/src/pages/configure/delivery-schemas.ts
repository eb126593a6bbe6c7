import type { DestinationType, Json, JsonObject, Schema } from '../../api/types';

const whole = (title: string, description?: string): Schema => ({ type: 'integer', title, description });

const BATCH: Schema = {
  type: 'object',
  properties: {
    maxEvents: whole('Events a request', 'A full request goes out,'),
    maxBytes: whole('Bytes a request', 'by number or by size,'),
    maxWaitMs: whole('Longest wait (ms)', 'or after so long.'),
  },
};
const RETRY: Schema = {
  type: 'object',
  properties: {
    maxAttempts: whole('Attempts', 'After these an event is a dead letter.'),
    maxAgeSeconds: whole('Oldest age (s)', 'Or after this time.'),
    minDelayMs: whole('Shortest delay (ms)', 'Before the second attempt.'),
    maxDelayMs: whole('Longest delay (ms)', 'However often it has failed.'),
  },
};
const PACE: Schema = {
  type: 'object',
  properties: {
    concurrency: whole('Requests at once', 'More are faster, if it can take them.'),
    timeoutMs: whole('Time limit (ms)', 'Of one request.'),
    ordering: {
      type: 'string',
      title: 'Order',
      default: 'none',
      enum: ['none', 'per_user'],
      description: 'Per user: one after another.',
    },
    maxQueuedBytes: whole('Bytes that may wait', 'More become dead letters.'),
  },
};

/** What a type does by itself stands in the empty fields. */
export function deliverySchemas({ defaults }: DestinationType): Readonly<Record<'batch' | 'retry' | 'pace', Schema>> {
  return {
    batch: withDefaults(BATCH, defaults.batch),
    retry: withDefaults(RETRY, defaults.retry),
    pace: withDefaults(PACE, defaults),
  };
}

function withDefaults(schema: Schema, defaults: Json | undefined): Schema {
  const known: JsonObject =
    typeof defaults === 'object' && defaults !== null && !Array.isArray(defaults) ? (defaults as JsonObject) : {};
  const properties = Object.entries(schema.properties ?? {}).map(([name, member]): [string, Schema] => {
    const value = known[name];
    return [name, value === undefined ? member : { ...member, default: value }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
