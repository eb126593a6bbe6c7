import type { DestinationType, Json, JsonObject, Schema } from '../../api/types';

const whole = (title: string, description?: string): Schema => ({ type: 'integer', title, description });

const BATCH: Schema = {
  type: 'object',
  properties: {
    maxEvents: whole('Events a request', 'A request goes out when it is full …'),
    maxBytes: whole('Bytes a request', '… by number or size, …'),
    maxWaitMs: whole('Longest wait (ms)', '… or when its first event has waited so long.'),
  },
};
const RETRY: Schema = {
  type: 'object',
  properties: {
    maxAttempts: whole('Attempts'),
    maxAgeSeconds: whole('Oldest age (s)', 'After that an event is a dead letter.'),
    minDelayMs: whole('Shortest delay (ms)'),
    maxDelayMs: whole('Longest delay (ms)'),
  },
};
const PACE: Schema = {
  type: 'object',
  properties: {
    concurrency: whole('Requests at once'),
    timeoutMs: whole('Time limit (ms)', 'Of one request.'),
    ordering: {
      type: 'string',
      title: 'Order',
      enum: ['none', 'per_user'],
      description: 'Per user: an event waits for those before it.',
    },
    maxQueuedBytes: whole('Bytes that may wait', 'More become dead letters; empty: the common budget alone holds.'),
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
