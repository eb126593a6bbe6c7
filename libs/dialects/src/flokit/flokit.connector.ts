import type { CanonicalEvent, JsonObject } from '#canonical';
import { interpretStatus } from '#destinations';
import type {
  ConnectorSettings,
  HttpConnector,
  InboundResponse,
  Interpretation,
  JsonSchema,
  LostField,
  Placement,
  Refusal,
} from '#destinations';
import { foreignExtra, lostFields } from '../lost-fields.js';
import {
  answerBody,
  baseUrlSchema,
  CUT_ANSWER,
  DELIVERY,
  indexBelow,
  JSON_TYPE,
  laneBesideEnvelope,
  NO_IDENTITY,
  objectsIn,
  refusalSaying,
  saysNothing,
  secretSchema,
  takenBut,
  urlOf,
} from '../outgoing.js';
import { encodeBatch, encodeItem } from './flokit.mapping.js';
import { MAX_BODY_BYTES, MAX_EVENTS } from './flokit.wire.js';

const PATH = '/v1/batch/events';
const LANE = 'events';

const configSchema: JsonSchema = {
  type: 'object',
  required: ['baseUrl'],
  additionalProperties: false,
  properties: { baseUrl: baseUrlSchema('https://api.flokit.ai') },
};

const credentialsSchema: JsonSchema = {
  type: 'object',
  required: ['apiKey'],
  additionalProperties: false,
  properties: { apiKey: secretSchema('Read-write key of the workspace.') },
};

const flokit: HttpConnector = {
  type: 'flokit',
  transport: 'http',
  title: 'FloKit',
  description: 'Sends batches of events to a FloKit workspace. Profiles arrive as an event named identify.',
  configSchema,
  credentialsSchema,
  limits: { maxEvents: MAX_EVENTS, maxBytes: MAX_BODY_BYTES },
  defaults: {
    ...DELIVERY,
    batch: { maxEvents: MAX_EVENTS, maxBytes: 5_000_000, maxWaitMs: 1_000 },
    rateLimit: [{ requests: 100, perSeconds: 60 }],
  },
  endpoint: (settings) => urlOf(settings, PATH),
  place,
  encode: (events, _lane, settings, { key }) => ({
    method: 'POST',
    url: urlOf(settings, PATH),
    headers: { 'content-type': JSON_TYPE, 'idempotency-key': key, ...authorization(settings) },
    body: JSON.stringify(encodeBatch(events.map(asTracked))),
    secretHeaders: ['authorization'],
  }),
  interpret,
  lost,
};

export default flokit;

function authorization({ credentials }: ConnectorSettings): Readonly<Record<string, string>> {
  return credentials.apiKey === undefined ? {} : { authorization: `Bearer ${credentials.apiKey}` };
}

function place(event: CanonicalEvent): Placement {
  if (event.user_id === null && event.anonymous_id === null) return NO_IDENTITY;
  return { kind: 'lane', lane: laneBesideEnvelope(LANE, event, 'flokit') };
}

/** FloKit knows events alone: what is known of a person goes as the properties of an event of that name. */
function asTracked(event: CanonicalEvent): CanonicalEvent {
  return event.type === 'identify' ? { ...event, properties: traitsOf(event) } : event;
}

function traitsOf({ identity, profile, properties }: CanonicalEvent): JsonObject {
  const { email, phone } = identity ?? {};
  return {
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...profile?.set,
    ...properties,
  };
}

/** 200 keeps the valid events and lists the others by their position in the request. */
function interpret(response: InboundResponse, events: readonly CanonicalEvent[]): Interpretation {
  if (response.status !== 200) return interpretStatus(response);
  if (response.cut) return CUT_ANSWER;
  const answer = answerBody(response);
  const refusals = new Map<number, Refusal>();
  for (const { index, reason } of objectsIn(answer?.errors)) {
    const position = indexBelow(events.length, index);
    if (position === undefined || refusals.has(position)) continue;
    const detail = typeof reason === 'string' && reason !== '' ? reason : 'FloKit gave no reason';
    refusals.set(position, refusalSaying('event_refused', detail));
  }
  return takenBut(events.length, refusals, answer?.accepted);
}

function lost(event: CanonicalEvent): readonly LostField[] {
  const { properties: sent } = encodeItem(asTracked(event));
  return lostFields(event, (field, value) => {
    const [group] = field.split('.');
    if (group === 'identity') return lossOfIdentity(event, field, value);
    if (group === 'value') return lossOfValue(field, value, sent);
    if (group === 'profile' && !(event.type === 'identify' && field === 'profile.set'))
      return 'FloKit keeps no profiles';
    if (group === 'context') return 'FloKit has no place for it';
    return foreignExtra(field, event, 'flokit');
  });
}

function lossOfIdentity(event: CanonicalEvent, field: string, value: unknown): string | undefined {
  if (value === event.user_id || value === event.anonymous_id) return undefined;
  if (event.type === 'identify' && (field === 'identity.email' || field === 'identity.phone')) {
    return traitsOf(event)[field.slice('identity.'.length)] === value ? undefined : 'the traits say otherwise';
  }
  return 'FloKit knows a person by user_id and anonymous_id alone';
}

function lossOfValue(field: string, value: unknown, sent: unknown): string | undefined {
  const { revenue, price, currency } = (sent ?? {}) as JsonObject;
  if (field === 'value.amount') {
    if (value === revenue || value === price) return undefined;
    const isLeftOut = saysNothing(revenue) && typeof price !== 'number';
    return isLeftOut ? 'FloKit takes no revenue of such an event without its currency' : 'revenue says otherwise';
  }
  if (field === 'value.currency') return value === currency ? undefined : 'currency says otherwise';
  return 'FloKit has no place for it';
}
