import { isJsonObject } from '#canonical';
import type { CanonicalEvent, Json, JsonObject } from '#canonical';
import { envelopeFromExtras, fromExtras } from '../extras.js';
import { valueOf } from './kixo.mapping.js';
import { joinTraits, textOf } from './kixo.traits.js';
import { DEFAULT_ENVIRONMENT } from './kixo.wire.js';
import type { KixoBatch, KixoEvent } from './kixo.wire.js';

/** The app that events come from which do not name one. */
export interface KixoApp {
  readonly bundleId: string;
  readonly platform: string;
  readonly environment?: string;
}

/** The envelope's part of an event: only events with the same one can share a request. */
export function appOf({ context }: CanonicalEvent, fallback?: KixoApp): KixoApp {
  const bundleId = context?.app_id ?? fallback?.bundleId;
  const platform = context?.platform ?? fallback?.platform;
  if (bundleId === undefined || platform === undefined) throw new RangeError('The event names no app and platform');
  // Empty is as good as none where another can stand in.
  const environment = fallback ? textOf(context?.environment) : context?.environment;
  return { bundleId, platform, environment: environment ?? fallback?.environment ?? DEFAULT_ENVIRONMENT };
}

/**
 * A request with these events, which must be of one app. With `originalTimes` it is the inverse of decode: the device's
 * own times and when it sent them. Without, it carries the corrected times only, so that it can be sent at any time.
 */
export function encodeBatch(
  events: readonly CanonicalEvent[],
  times: 'original' | 'corrected' = 'original',
  fallback?: KixoApp,
): KixoBatch {
  const [first] = events;
  if (!first) throw new RangeError('A request needs an event to take its app from');
  const app = appOf(first, fallback);
  if (events.some((event) => !sameApp(appOf(event, fallback), app)))
    throw new RangeError('The events are of several apps');
  const sentAt = times === 'original' ? commonSentAt(events) : undefined;
  return {
    ...envelopeFromExtras(events.map(ownExtras)),
    bundle_id: app.bundleId,
    platform: app.platform,
    environment: app.environment,
    batch: events.map((event) => encodeEvent(event, sentAt === undefined ? 'corrected' : 'original')),
    ...(sentAt !== undefined && { sent_at: sentAt }),
  };
}

function sameApp(a: KixoApp, b: KixoApp): boolean {
  return a.bundleId === b.bundleId && a.platform === b.platform && a.environment === b.environment;
}

/** Undefined if the events did not come in one request. */
function commonSentAt(events: readonly CanonicalEvent[]): Json | undefined {
  const [first, ...others] = events.map((event) => ownExtras(event)?.sent_at);
  return others.every((sentAt) => sentAt === first) ? first : undefined;
}

export function encodeEvent(event: CanonicalEvent, times: 'original' | 'corrected'): KixoEvent {
  const extras = ownExtras(event);
  const deviceId = deviceIdOf(event);
  if (deviceId === null) throw new RangeError(`${event.id} names neither device nor user`);
  const { group_id } = event.identity ?? {};
  const properties = propertiesOf(event);
  const version = textOf(event.context?.sdk_version);
  return {
    ...fromExtras(extras),
    event_type: typeOf(event),
    event_name: nameOf(event, extras),
    device_id: deviceId,
    // Stable, so that a repeat of the request is the same request: one session a day where the sender has none.
    session_id: event.identity?.session_id ?? `${deviceId}-${event.timestamp.slice(0, 10)}`,
    timestamp: (times === 'original' && textOf(extras?.timestamp)) || event.timestamp,
    ...(properties && { properties }),
    ...(event.user_id !== null && { user_id: event.user_id }),
    ...(group_id !== undefined && { group_id }),
    ...(version !== undefined && version !== envelopeVersion(extras) && { sdk_version: version }),
  };
}

/** Null: the event names neither device nor user, and Kixo cannot be sent it. */
export function deviceIdOf({ identity, anonymous_id, user_id }: CanonicalEvent): string | null {
  return identity?.device_id ?? anonymous_id ?? user_id;
}

/** What other dialects leave in `extras` is theirs and stays out. */
function ownExtras(event: CanonicalEvent): JsonObject | undefined {
  return event.source.dialect === 'kixo' ? event.extras : undefined;
}

function envelopeVersion(extras: JsonObject | undefined): Json | undefined {
  return isJsonObject(extras?.envelope) ? extras.envelope.sdk_version : undefined;
}

function typeOf({ type, context }: CanonicalEvent): string {
  return context?.event_type ?? (type === 'identify' ? 'identify' : 'custom');
}

/** The name on the wire, unless somebody renamed the event since. */
function nameOf(event: CanonicalEvent, extras: JsonObject | undefined): string {
  const decoded = event.type === 'identify' ? 'identify' : event.context?.event_type;
  return typeof extras?.event_name === 'string' && event.event === decoded ? extras.event_name : event.event;
}

/** A property that is no number states no amount, but keeps its place: the amount takes the next one. */
export function propertiesOf(event: CanonicalEvent): JsonObject | undefined {
  if (event.type === 'identify') return joinTraits(event);
  const { properties, value, source } = event;
  if (source.dialect === 'kixo' || !value) return properties;
  const { amount, currency } = value;
  const isFree = (name: string): boolean => properties[name] === undefined || properties[name] === null;
  const place = valueOf(properties)?.amount === undefined ? ['amount', 'value'].find(isFree) : undefined;
  return {
    ...properties,
    ...(amount !== undefined && place !== undefined && { [place]: amount }),
    ...(currency !== undefined && isFree('currency') && { currency }),
  };
}
