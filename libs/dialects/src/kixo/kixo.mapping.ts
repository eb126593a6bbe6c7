import { formatInstant, normalizeTimestamp } from '#canonical';
import type { CanonicalEvent, EventContext, EventValue, Instant, Json, JsonObject } from '#canonical';
import type { StoredRequest } from '../dialect.js';
import { envelopeShares, toExtras, unknownMembers } from '../extras.js';
import { correctedClock, parseSentAt } from './kixo.clock.js';
import type { Clock } from './kixo.clock.js';
import { eventIds } from './kixo.event-id.js';
import { identityOf, splitTraits, textOf, withoutBlanks } from './kixo.traits.js';
import { DEFAULT_ENVIRONMENT, MAX_ENVELOPE_TEXT_CHARS } from './kixo.wire.js';
import type { KixoBatch, KixoEvent } from './kixo.wire.js';

/** Undocumented: mapped where they are texts, dropped where they are null, kept as they are otherwise. */
const OPTIONAL_TEXTS = ['user_id', 'group_id', 'sdk_version'] as const;
const EVENT_MEMBERS: ReadonlySet<string> = new Set([
  'event_type',
  'event_name',
  'device_id',
  'session_id',
  'timestamp',
  'properties',
  ...OPTIONAL_TEXTS,
]);
const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set([
  'project_id',
  'api_key',
  'bundle_id',
  'platform',
  'environment',
  'batch',
  'sent_at',
]);

/** What the events of one request share. */
interface Origin {
  readonly sourceId: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly context: EventContext;
  /** Absent: the device did not say when it sent the request. */
  readonly clock?: Clock;
  idOf(identity: readonly Json[]): string;
}

export function decodeBatch(stored: StoredRequest): readonly (CanonicalEvent | undefined)[] {
  const body = stored.body as KixoBatch;
  const sentAt = parseSentAt(body.sent_at);
  const origin: Origin = {
    sourceId: stored.sourceId,
    receivedAt: formatInstant({ epochMs: stored.receivedAt, subMs: '' }),
    context: contextOf(body),
    ...(sentAt && { clock: correctedClock(sentAt, stored.receivedAt) }),
    idOf: eventIds(),
  };
  const share = envelopeShares(envelopeLeftovers(body, sentAt));
  const extrasOf = (isFirst: boolean): JsonObject | undefined => {
    const envelope = share(isFirst);
    if (!sentAt && !envelope) return undefined;
    return { ...(sentAt && { sent_at: body.sent_at }), ...(envelope && { envelope }) };
  };
  const laterExtras = extrasOf(false);
  let isFirst = true;
  return body.batch.map((item, index) => {
    if (!stored.accepts(index)) return undefined;
    const shared = isFirst ? extrasOf(true) : laterExtras;
    isFirst = false;
    return decodeEvent(item, origin, shared);
  });
}

/** A `sent_at` that is no time is an unknown member like any other. */
function envelopeLeftovers(body: KixoBatch, sentAt: Instant | undefined): JsonObject | undefined {
  const unknown = unknownMembers(body, ENVELOPE_MEMBERS);
  const isOdd = sentAt === undefined && body.sent_at !== undefined && body.sent_at !== null;
  return isOdd ? { ...unknown, sent_at: body.sent_at } : unknown;
}

function contextOf({ bundle_id, platform, environment, sdk_version }: KixoBatch): EventContext {
  const hasVersion = typeof sdk_version === 'string' && sdk_version.length <= MAX_ENVELOPE_TEXT_CHARS;
  return {
    platform,
    app_id: bundle_id,
    environment: environment ?? DEFAULT_ENVIRONMENT,
    ...(hasVersion && { sdk_version }),
  };
}

function decodeEvent(item: KixoEvent, origin: Origin, shared: JsonObject | undefined): CanonicalEvent {
  const { event_type, event_name, properties } = item;
  const split = isIdentify(item) ? splitTraits(properties ?? {}) : undefined;
  const told = split && withoutBlanks(split);
  const event = split ? 'identify' : event_name || event_type;
  const deviceTime = normalizeTimestamp(item.timestamp) ?? origin.receivedAt;
  const timestamp = origin.clock?.(deviceTime) ?? deviceTime;
  const value = split ? undefined : valueOf(properties ?? {});
  const version = textOf(item.sdk_version);
  const extras = toExtras(leftovers(item), ownExtras(item, event, timestamp !== deviceTime, shared));
  return {
    id: origin.idOf(contentOf(item, origin.sourceId, deviceTime, split ?? properties ?? {})),
    type: split ? 'identify' : 'track',
    event,
    user_id: textOf(item.user_id) ?? null,
    anonymous_id: item.device_id,
    timestamp,
    received_at: origin.receivedAt,
    properties: split ? {} : (properties ?? {}),
    identity: identityOf(item, told?.contact),
    ...(value && { value }),
    ...(told && properties && { profile: { set: told.traits } }),
    context: { event_type, ...origin.context, ...(version !== undefined && { sdk_version: version }) },
    source: { id: origin.sourceId, dialect: 'kixo' },
    ...(extras && { extras }),
  };
}

function isIdentify({ event_type, event_name }: KixoEvent): boolean {
  return event_type === 'identify' || event_name === 'identify';
}

/** What makes two events the same one. The device's time, since the corrected one differs with every resend. */
function contentOf(item: KixoEvent, sourceId: string, deviceTime: string, content: JsonObject): readonly Json[] {
  return [sourceId, item.device_id, item.session_id, item.event_type, item.event_name, deviceTime, content];
}

/** What the canonical event states otherwise than the wire did, beside what all events of the request share. */
function ownExtras(item: KixoEvent, event: string, isMoved: boolean, shared: JsonObject | undefined) {
  if (event === item.event_name) return isMoved ? { ...shared, timestamp: item.timestamp } : shared;
  return { ...shared, ...(isMoved && { timestamp: item.timestamp }), event_name: item.event_name };
}

function leftovers(item: KixoEvent): JsonObject | undefined {
  const unknown = unknownMembers(item, EVENT_MEMBERS);
  const odd = OPTIONAL_TEXTS.filter((name) => {
    const value = item[name];
    return value !== undefined && value !== null && textOf(value) === undefined;
  });
  if (odd.length === 0) return unknown;
  return { ...unknown, ...Object.fromEntries(odd.map((name) => [name, item[name]])) };
}

/** The vendor takes revenue from these three, in this order. */
export function valueOf({ amount_cents, amount, value, currency }: JsonObject): EventValue | undefined {
  const cents = finite(amount_cents);
  const found = cents === undefined ? (finite(amount) ?? finite(value)) : cents / 100;
  const code = textOf(currency);
  if (found === undefined && code === undefined) return undefined;
  return { ...(found !== undefined && { amount: found }), ...(code !== undefined && { currency: code }) };
}

function finite(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
