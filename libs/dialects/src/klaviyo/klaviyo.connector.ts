import { isJsonObject, type CanonicalEvent } from '#canonical';
import {
  restUntilReset,
  type ConnectorSettings,
  type HttpConnector,
  type JsonSchema,
  type LostField,
} from '#destinations';
import { foreignExtra, lostFields } from '../lost-fields.js';
import { baseUrlSchema, DELIVERY, secretSchema, urlOf } from '../outgoing.js';
import { MAX_EVENTS } from './klaviyo.adapter.js';
import { interpret } from './klaviyo.answers.js';
import { encode } from './klaviyo-encode.mapping.js';
import { groupedByPerson, JOB } from './klaviyo.grouping.js';
import { place } from './klaviyo.placement.js';

const PATH = '/api/event-bulk-create-jobs';
const JSON_API = 'application/vnd.api+json';
const LATEST_REVISION = '2026-07-15';
/** "5 MB" on the vendor's page; the smaller reading. */
const MAX_BYTES = 5_000_000;

const configSchema: JsonSchema = {
  type: 'object',
  required: ['baseUrl'],
  additionalProperties: false,
  properties: {
    baseUrl: baseUrlSchema('https://a.klaviyo.com'),
    revision: {
      type: 'string',
      description: 'Version of the API that requests ask for.',
      pattern: '^\\d{4}-\\d{2}-\\d{2}(?:\\.[a-z0-9-]{1,32})?$',
      default: LATEST_REVISION,
    },
  },
};

const credentialsSchema: JsonSchema = {
  type: 'object',
  required: ['privateKey'],
  additionalProperties: false,
  properties: { privateKey: secretSchema('Private key of the account that may write events.') },
};

const klaviyo: HttpConnector = {
  type: 'klaviyo',
  transport: 'http',
  title: 'Klaviyo',
  description: 'Creates events and updates their profiles in a Klaviyo account, by bulk jobs.',
  configSchema,
  credentialsSchema,
  verifiedIdentity: ['email', 'phone'],
  limits: { maxEvents: MAX_EVENTS, maxBytes: MAX_BYTES },
  defaults: {
    ...DELIVERY,
    batch: { maxEvents: MAX_EVENTS, maxBytes: MAX_BYTES, maxWaitMs: 1_000 },
    rateLimit: [
      { requests: 10, perSeconds: 1 },
      { requests: 150, perSeconds: 60 },
    ],
  },
  endpoint: (settings) => urlOf(settings, PATH),
  place,
  encode: (events, _lane, settings) => ({
    method: 'POST',
    url: urlOf(settings, PATH),
    headers: { ...headersOf(settings), ...authorization(settings) },
    body: JSON.stringify(
      encode(
        groupedByPerson(events).map(({ event }) => event),
        JOB,
      ),
    ),
    secretHeaders: ['authorization'],
  }),
  interpret,
  restMs: restUntilReset,
  lost,
};

export default klaviyo;

function headersOf({ config }: ConnectorSettings): Readonly<Record<string, string>> {
  const revision = typeof config.revision === 'string' ? config.revision : LATEST_REVISION;
  return { 'content-type': JSON_API, accept: JSON_API, revision };
}

function authorization({ credentials }: ConnectorSettings): Readonly<Record<string, string>> {
  return credentials.privateKey === undefined ? {} : { authorization: `Klaviyo-API-Key ${credentials.privateKey}` };
}

const CARRIED = new Set(
  ['user_id', 'anonymous_id', 'properties', 'value.amount', 'value.currency', 'context.service'].concat(
    ['email', 'phone', 'vendor_profile_id', 'exchange_id'].map((name) => `identity.${name}`),
    ['set', 'append', 'unappend', 'unset', 'patch_identifiers'].map((name) => `profile.${name}`),
  ),
);

function lost(event: CanonicalEvent): readonly LostField[] {
  const person: readonly unknown[] = [event.user_id, event.anonymous_id];
  const lost = lostFields(event, (field, value) => {
    if (CARRIED.has(field)) return undefined;
    if (field === 'timestamp') return isWholeSecond(event.timestamp) ? undefined : 'Klaviyo cuts times to the second';
    if (field.startsWith('identity.')) return person.includes(value) ? undefined : 'Klaviyo has no such identifier';
    if (field.startsWith('extras.')) return foreignExtra(field, event, 'klaviyo');
    return 'Klaviyo has no place for it';
  });
  const ignored = event.source.dialect === 'klaviyo' ? event.extras?.ignored : undefined;
  if (!isJsonObject(ignored) || ignored.patch_identifiers === undefined) return lost;
  return [...lost, { field: 'extras.ignored.patch_identifiers', reason: 'browsers may not change identifiers' }];
}

function isWholeSecond(timestamp: string): boolean {
  return /:\d\d(?:\.0+)?Z$/.test(timestamp);
}
