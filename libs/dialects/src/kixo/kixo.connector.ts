import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
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
  DELIVERY,
  JSON_TYPE,
  laneBesideEnvelope,
  NO_IDENTITY,
  secretSchema,
  shortfall,
  urlOf,
} from '../outgoing.js';
import { appOf, deviceIdOf, encodeBatch, encodeEvent, propertiesOf, type KixoApp } from './kixo-encode.mapping.js';
import { valueOf } from './kixo.mapping.js';
import { describe, envelopeViolation, eventViolation, type Violation } from './kixo.rules.js';
import { MAX_BODY_BYTES, MAX_ENVELOPE_TEXT_CHARS, MAX_EVENTS, PLATFORMS } from './kixo.wire.js';

const PATH = '/v1/batch';

const appText = { type: 'string', minLength: 1, maxLength: MAX_ENVELOPE_TEXT_CHARS };

const configSchema: JsonSchema = {
  type: 'object',
  required: ['baseUrl', 'bundleId', 'platform'],
  additionalProperties: false,
  properties: {
    baseUrl: baseUrlSchema('https://api.kixo.io'),
    bundleId: { ...appText, description: 'The app that events come from which name none.' },
    platform: { enum: [...PLATFORMS], description: 'The platform of events that name none.' },
    environment: { ...appText, description: 'The environment of events that name none; production if absent.' },
  },
};

const credentialsSchema: JsonSchema = {
  type: 'object',
  required: ['projectId', 'apiKey'],
  additionalProperties: false,
  properties: {
    projectId: secretSchema('project_id of the body.'),
    apiKey: secretSchema('api_key of the body; belongs to the project.'),
  },
};

const kixo: HttpConnector = {
  type: 'kixo',
  transport: 'http',
  title: 'Kixo',
  description: 'Sends batches of events to a Kixo project, each under its own app, platform and environment.',
  configSchema,
  credentialsSchema,
  limits: { maxEvents: MAX_EVENTS, maxBytes: MAX_BODY_BYTES },
  defaults: {
    ...DELIVERY,
    batch: { maxEvents: MAX_EVENTS, maxBytes: 5_000_000, maxWaitMs: 1_000 },
    rateLimit: [{ requests: 100, perSeconds: 1 }],
  },
  endpoint: (settings) => urlOf(settings, PATH),
  place,
  encode: (events, _lane, settings) => ({
    method: 'POST',
    url: urlOf(settings, PATH),
    headers: { 'content-type': JSON_TYPE },
    body: JSON.stringify(bodyOf(events, settings)),
    secretHeaders: [],
    secretMembers: ['project_id', 'api_key'],
  }),
  interpret,
  lost,
};

export default kixo;

/** Without `sent_at`, whatever came in as one: Kixo would shift the times by when a repeat is sent. */
function bodyOf(events: readonly CanonicalEvent[], settings: ConnectorSettings): JsonObject {
  const { projectId, apiKey } = settings.credentials;
  const { sent_at: _, ...batch } = encodeBatch(events, 'corrected', configuredApp(settings));
  return { ...batch, project_id: projectId, api_key: apiKey };
}

function configuredApp({ config }: ConnectorSettings): KixoApp {
  const { bundleId, platform, environment } = config;
  if (typeof bundleId !== 'string' || typeof platform !== 'string') {
    throw new Error('The configuration lacks its bundleId or platform');
  }
  return { bundleId, platform, ...(typeof environment === 'string' && { environment }) };
}

/** Kixo's answer names no event, so its rules are kept beforehand. Requests have one app, platform and environment. */
function place(event: CanonicalEvent, settings: ConnectorSettings): Placement {
  if (deviceIdOf(event) === null) return NO_IDENTITY;
  const { bundleId, platform, environment } = appOf(event, configuredApp(settings));
  const envelope = { bundle_id: bundleId, platform, environment, batch: [] };
  const violation = envelopeViolation(envelope) ?? eventViolation(encodeEvent(event, 'corrected'));
  if (violation) return { kind: 'rejected', refusal: refusalOf(violation) };
  const lane = JSON.stringify([bundleId, platform, environment]);
  return { kind: 'lane', lane: laneBesideEnvelope(lane, event, 'kixo') };
}

function refusalOf(violation: Violation): Refusal {
  return { code: violation.code, detail: describe(violation) };
}

function interpret(response: InboundResponse, events: readonly CanonicalEvent[]): Interpretation {
  if (response.status !== 200) return interpretStatus(response);
  return shortfall(events.length, answerBody(response)?.accepted);
}

const CARRIED = new Set(
  ['user_id', 'timestamp', 'identity.device_id', 'identity.session_id', 'identity.group_id'].concat([
    'context.platform',
    'context.app_id',
    'context.environment',
    'context.event_type',
    'context.sdk_version',
  ]),
);
const CARRIED_BY_IDENTIFY = new Set(['identity.email', 'identity.phone', 'profile.set']);
/** Both describe the device's clock. */
const NO_TIME_OF_SENDING = 'times go out corrected, without a time of sending';
const ORIGINAL_TIMES = new Set(['extras.sent_at', 'extras.timestamp']);

function lost(event: CanonicalEvent): readonly LostField[] {
  // Asked for events that cannot be sent as well: previews say what would be lost of them.
  const deviceId = deviceIdOf(event);
  const sent = propertiesOf(event) ?? {};
  const isIdentify = event.type === 'identify';
  const envelope = event.source.dialect === 'kixo' && isJsonObject(event.extras?.envelope) ? event.extras.envelope : {};
  const oddTime = { field: 'extras.envelope.sent_at', reason: NO_TIME_OF_SENDING };
  const lost = lostFields(event, (field, value) => {
    if (CARRIED.has(field) || (isIdentify && CARRIED_BY_IDENTIFY.has(field))) return undefined;
    const [group] = field.split('.');
    if (field === 'anonymous_id') return value === deviceId ? undefined : 'the device_id stands in its place';
    if (field === 'properties') return isIdentify ? 'an identify event has traits in their place' : undefined;
    if (group === 'identity') return 'Kixo knows a person by device, session, user and group alone';
    if (group === 'value') return isIdentify ? 'an identify event has no amount' : lossOfValue(field, value, sent);
    if (group === 'profile') return isIdentify ? 'Kixo cannot patch traits' : 'Kixo takes traits with identify alone';
    if (group === 'context') return 'Kixo has no place for it';
    if (event.source.dialect === 'kixo' && ORIGINAL_TIMES.has(field)) return NO_TIME_OF_SENDING;
    return foreignExtra(field, event, 'kixo');
  });
  return envelope.sent_at === undefined ? lost : [...lost, oddTime];
}

function lossOfValue(field: string, value: Json, sent: JsonObject): string | undefined {
  if (field === 'value.currency') return sent.currency === value ? undefined : 'currency says otherwise';
  return valueOf(sent)?.amount === value ? undefined : 'the properties say otherwise';
}
