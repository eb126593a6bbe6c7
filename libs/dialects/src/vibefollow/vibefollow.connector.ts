import type { CanonicalEvent, JsonObject } from '#canonical';
import type { ConnectorSettings, HttpConnector, JsonSchema, LostField, Placement } from '#destinations';
import { foreignExtra, lostFields } from '../lost-fields.js';
import {
  baseLane,
  baseUrlSchema,
  DELIVERY,
  JSON_TYPE,
  laneBesideEnvelope,
  NO_IDENTITY,
  saysNothing,
  secretSchema,
  urlOf,
} from '../outgoing.js';
import { interpret } from './vibefollow.answers.js';
import { encodeEvent, encodeEvents, encodeUsers } from './vibefollow.mapping.js';
import { eventViolations } from './vibefollow.rules.js';
import { MAX_BATCH_EVENTS, MAX_BULK_RECORDS, MAX_PROPERTY_KEYS } from './vibefollow.wire.js';

/**
 * Where each kind of record goes. `bulk` is for events that know their time; there the vendor takes two events of one
 * user, name and time for one. Events without a time of their own share that of their request, so they go to `batch`,
 * which takes each for itself, as do those that another event of their batch would swallow.
 */
const PATHS: Readonly<Record<string, string>> = {
  batch: '/api/v1/events/batch',
  bulk: '/api/v1/events/bulk',
  users: '/api/v1/users/bulk',
};

/** "5 MB" on the vendor's page; the smaller reading. */
const MAX_BYTES = 5_000_000;

const configSchema: JsonSchema = {
  type: 'object',
  required: ['baseUrl'],
  additionalProperties: false,
  properties: { baseUrl: baseUrlSchema('https://api.vibefollow.com') },
};

const credentialsSchema: JsonSchema = {
  type: 'object',
  required: ['apiKey'],
  additionalProperties: false,
  properties: { apiKey: secretSchema('Secret key of the project.') },
};

const vibefollow: HttpConnector = {
  type: 'vibefollow',
  transport: 'http',
  title: 'VibeFollow',
  description: 'Sends events and users to a VibeFollow project. Events without a user are not wanted.',
  configSchema,
  credentialsSchema,
  verifiedIdentity: ['email'],
  limits: { maxEvents: MAX_BULK_RECORDS, maxBytes: MAX_BYTES },
  defaults: {
    ...DELIVERY,
    batch: { maxEvents: MAX_BULK_RECORDS, maxBytes: MAX_BYTES, maxWaitMs: 1_000 },
    // The vendor limits requests and publishes no figure.
    rateLimit: [],
  },
  endpoint: (settings) => urlOf(settings, '/api/v1/events/bulk'),
  place,
  maxEventsIn: (lane) => (baseLane(lane) === 'batch' ? MAX_BATCH_EVENTS : MAX_BULK_RECORDS),
  encode: (events, lane, settings, { key }) => ({
    method: 'POST',
    url: urlOf(settings, PATHS[baseLane(lane)] ?? ''),
    headers: { 'content-type': JSON_TYPE, 'idempotency-key': key, ...authorization(settings) },
    body: JSON.stringify(baseLane(lane) === 'users' ? encodeUsers(events) : encodeEvents(events.map(withAmount))),
    secretHeaders: ['authorization'],
  }),
  interpret,
  lost,
};

export default vibefollow;

function authorization({ credentials }: ConnectorSettings): Readonly<Record<string, string>> {
  return credentials.apiKey === undefined ? {} : { authorization: `Bearer ${credentials.apiKey}` };
}

function place(event: CanonicalEvent): Placement {
  if (event.user_id === null) return NO_IDENTITY;
  if (event.type === 'identify') return { kind: 'lane', lane: laneBesideEnvelope('users', event, 'vibefollow') };
  // A batch is refused whole for one bad event, so what breaks the vendor's rules is not sent to begin with.
  const [violation] = eventViolations(encodeEvent(withAmount(event)));
  if (violation) {
    const { field = 'event', message } = violation;
    return { kind: 'rejected', refusal: { code: 'validation_failed', detail: `${field}: ${message}` } };
  }
  const batch = laneBesideEnvelope('batch', event, 'vibefollow');
  if (!hasOwnTime(event)) return { kind: 'lane', lane: batch };
  const bulk = laneBesideEnvelope('bulk', event, 'vibefollow');
  const distinct = `${event.timestamp} ${event.user_id.length} ${event.user_id} ${event.event}`;
  return { kind: 'lane', lane: bulk, distinct, repeatLane: batch };
}

/** Klaviyo's events without a time of their own have the second of receipt. */
function hasOwnTime({ timestamp, received_at, source }: CanonicalEvent): boolean {
  if (timestamp === received_at) return false;
  return source.dialect !== 'klaviyo' || timestamp !== `${received_at.slice(0, 19)}.000Z`;
}

/** Names under which properties state an amount already. */
const AMOUNTS = ['amount', 'amount_cents', 'value', 'revenue', 'price'];

/** VibeFollow has no place for amounts but the properties. Where they have no room for it, the event goes without. */
function withAmount(event: CanonicalEvent): CanonicalEvent {
  const { properties } = event;
  const added = amountToAdd(event);
  return added && hasRoom(properties, added) ? { ...event, properties: { ...properties, ...added } } : event;
}

/** The keys that the amount needs; undefined if none: there is no amount, or the properties state one. */
function amountToAdd({ properties, value, source }: CanonicalEvent): JsonObject | undefined {
  if (!value || source.dialect === 'vibefollow') return undefined;
  const { amount, currency } = value;
  const addsAmount = amount !== undefined && AMOUNTS.every((name) => saysNothing(properties[name]));
  const addsCurrency = currency !== undefined && saysNothing(properties.currency);
  if (!addsAmount && !addsCurrency) return undefined;
  return { ...(addsAmount && { amount }), ...(addsCurrency && { currency }) };
}

/** For all of the keys or none: an amount without its currency would be another one. */
function hasRoom(properties: JsonObject, added: JsonObject): boolean {
  return Object.keys({ ...properties, ...added }).length <= MAX_PROPERTY_KEYS;
}

function lost(event: CanonicalEvent): readonly LostField[] {
  return lostFields(event, (field, value) => {
    const [group] = field.split('.');
    if (field === 'anonymous_id' || group === 'identity') return lossOfIdentity(event, field, value === event.user_id);
    if (group === 'context') return 'VibeFollow has no place for it';
    if (event.type === 'identify') return lossOfUser(event, field) ?? foreignExtra(field, event, 'vibefollow');
    if (group === 'profile') return 'VibeFollow takes traits with users, not with events';
    if (group === 'value') return lossOfValue(event, field, value);
    return foreignExtra(field, event, 'vibefollow');
  });
}

function lossOfIdentity({ type }: CanonicalEvent, field: string, isCarried: boolean): string | undefined {
  if (isCarried || (type === 'identify' && field === 'identity.email')) return undefined;
  return 'VibeFollow knows a person by external_user_id alone';
}

function lossOfUser({ timestamp, received_at }: CanonicalEvent, field: string): string | undefined {
  if (field === 'timestamp') return timestamp === received_at ? undefined : 'VibeFollow users have no time';
  if (field === 'properties' || field.startsWith('value.')) return 'VibeFollow users have traits alone';
  return field.startsWith('profile.') && field !== 'profile.set' ? 'VibeFollow cannot patch traits' : undefined;
}

function lossOfValue(event: CanonicalEvent, field: string, value: unknown): string | undefined {
  const added = amountToAdd(event);
  if (added?.[field.slice('value.'.length)] !== undefined && !hasRoom(event.properties, added)) {
    return `VibeFollow takes ${MAX_PROPERTY_KEYS} property keys, and the others leave no room`;
  }
  const { properties } = withAmount(event);
  if (field === 'value.currency') return properties.currency === value ? undefined : 'currency says otherwise';
  const { amount_cents: cents } = properties;
  const stated = [...AMOUNTS.map((name) => properties[name]), typeof cents === 'number' ? cents / 100 : undefined];
  return stated.includes(value as number) ? undefined : 'the properties say otherwise';
}
