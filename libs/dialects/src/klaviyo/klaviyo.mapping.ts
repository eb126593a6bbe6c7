import { isJsonObject, type CanonicalEvent, type EventValue, type JsonObject } from '#canonical';
import type { StoredRequest } from '../dialect.js';
import { envelopeShares } from '../extras.js';
import { decodeProfile, type DecodedProfile } from './klaviyo-profile.mapping.js';
import { eventsOf, itemsOf, profileOf, type Layout } from './klaviyo.layout.js';
import { truncateTime } from './klaviyo.limits.js';
import { known, remainder, type Known } from './klaviyo.remainder.js';
import type { BulkItemWire, EventAttributesWire, EventWire, ProfileWire } from './klaviyo.wire.js';

/** Where a request came in or goes out. `browser`: by a client path. */
export interface Place {
  readonly layout: Layout;
  readonly browser: boolean;
}

const MAX_SHARED_PROFILE_CHARS = 8192;

type Draft = { -readonly [Name in keyof CanonicalEvent]: CanonicalEvent[Name] };

const EVENT_ATTRIBUTES: Readonly<Record<string, Known | null>> = {
  metric: known({ data: known({ type: null, attributes: known({ name: null, service: null }) }) }),
  properties: null,
  time: null,
  value: null,
  value_currency: null,
  unique_id: null,
  backfill: null,
};
const KNOWN_EVENT = known({ type: null, attributes: known(EVENT_ATTRIBUTES) });
const KNOWN_SINGLE_EVENT = known({
  type: null,
  attributes: known({ ...EVENT_ATTRIBUTES, profile: known({ data: null }) }),
});
const KNOWN_ITEM = known({
  type: null,
  attributes: known({ profile: known({ data: null }), events: known({ data: null }), backfill: null }),
});
const KNOWN_ENVELOPE: Readonly<Record<Layout, Known>> = {
  job: known({
    data: known({ type: null, attributes: known({ 'events-bulk-create': known({ data: null }) }) }),
  }),
  bulk: known({ data: null }),
  single: known({ data: null }),
};

/** The bytes were accepted by `check`: their shape is the wire's. */
export function decode(stored: StoredRequest, place: Place): readonly (CanonicalEvent | undefined)[] {
  const envelope = isJsonObject(stored.body) ? remainder(stored.body, KNOWN_ENVELOPE[place.layout]) : undefined;
  const context: DecodeContext = {
    stored,
    place,
    received: new Date(stored.receivedAt).toISOString(),
    envelopeOf: envelopeShares(envelope),
    taken: 0,
  };
  const decoded: (CanonicalEvent | undefined)[] = [];
  for (const item of itemsOf(stored.body, place.layout)) decodeItem(item as BulkItemWire, context, decoded);
  return decoded;
}

interface DecodeContext {
  readonly stored: StoredRequest;
  readonly place: Place;
  /** ISO 8601. */
  readonly received: string;
  envelopeOf(isFirst: boolean): JsonObject | undefined;
  /** How many events of the request have been decoded so far. */
  taken: number;
}

/** Appends the item's events to `decoded`. */
function decodeItem(item: BulkItemWire, context: DecodeContext, decoded: (CanonicalEvent | undefined)[]): void {
  const { stored, place, received } = context;
  const single = place.layout === 'single';
  const profile = decodeProfile(profileOf(item) as ProfileWire, place.layout, place.browser);
  const ofItem = single ? undefined : remainder(item, KNOWN_ITEM);
  const events = eventsOf(item, place.layout) as readonly EventWire[];
  const later = events.length > 1 ? withoutPatch(profile) : profile;
  const takenBefore = context.taken;
  for (let ordinal = 0; ordinal < events.length; ordinal++) {
    const position = decoded.length;
    const event = events[ordinal];
    if (!event || !stored.accepts(position)) {
      decoded.push(undefined);
      continue;
    }
    const first = context.taken === takenBefore;
    const carried = first ? profile : later;
    const draft = decodeEvent(event, stored.idAt(position), carried, received, stored.sourceId);
    const backfill = event.attributes.backfill === true || item.attributes.backfill === true;
    const extras = extrasOf({
      unique_id: explicitId(event.attributes.unique_id, draft.id),
      backfill: backfill || undefined,
      event: remainder(event, single ? KNOWN_SINGLE_EVENT : KNOWN_EVENT),
      profile: carried.left,
      ignored: carried.ignored,
      item: first ? ofItem : undefined,
      envelope: context.envelopeOf(context.taken === 0),
    });
    context.taken++;
    if (extras) draft.extras = extras;
    decoded.push(draft);
  }
}

/**
 * The profile as all but the first accepted event of an item carry it. A patch is an instruction: given once, it must not
 * be carried out again for each of them. Large traits stay with the first event too, or a small request would swell a
 * thousandfold on its way to a destination.
 */
function withoutPatch(profile: DecodedProfile): DecodedProfile {
  const { set, left } = profile;
  const large = JSON.stringify([set, left]).length > MAX_SHARED_PROFILE_CHARS;
  const once = { patch: undefined, ignored: undefined };
  return large ? { ...profile, ...once, set: undefined, left: undefined } : { ...profile, ...once };
}

function decodeEvent(
  { attributes }: EventWire,
  id: string,
  profile: DecodedProfile,
  received: string,
  sourceId: string,
): Draft {
  const metric = attributes.metric.data.attributes;
  const draft: Draft = {
    id,
    type: 'track',
    event: metric.name,
    user_id: profile.userId,
    anonymous_id: profile.anonymousId,
    timestamp: truncateTime(attributes.time ?? received) ?? received,
    received_at: received,
    properties: attributes.properties ?? {},
    source: { id: sourceId, dialect: 'klaviyo' },
  };
  if (profile.identity) draft.identity = profile.identity;
  if (profile.patch) draft.profile = profile.set ? { set: profile.set, ...profile.patch } : profile.patch;
  else if (profile.set) draft.profile = { set: profile.set };
  if (metric.service) draft.context = { service: metric.service };
  const value = valueOf(attributes);
  if (value) draft.value = value;
  return draft;
}

function valueOf({ value, value_currency: currency }: EventAttributesWire): EventValue | undefined {
  const amount = value ?? undefined;
  if (amount === undefined && !currency) return undefined;
  if (!currency) return { amount };
  return amount === undefined ? { currency: currency.toUpperCase() } : { amount, currency: currency.toUpperCase() };
}

/** The event's own id as `unique_id` says only that nobody chose another one. */
function explicitId(uniqueId: string | null | undefined, id: string): string | undefined {
  return uniqueId && uniqueId !== id ? uniqueId : undefined;
}

interface Extras {
  readonly unique_id: string | undefined;
  readonly backfill: true | undefined;
  readonly event: JsonObject | undefined;
  readonly profile: JsonObject | undefined;
  readonly ignored: JsonObject | undefined;
  readonly item: JsonObject | undefined;
  readonly envelope: JsonObject | undefined;
}

/** Written out, because most events have none of them or the first alone, and this is the hot path. */
function extrasOf({ unique_id, backfill, event, profile, ignored, item, envelope }: Extras): JsonObject | undefined {
  if (!(backfill ?? event ?? profile ?? ignored ?? item ?? envelope)) {
    return unique_id === undefined ? undefined : { unique_id };
  }
  return {
    ...(unique_id !== undefined && { unique_id }),
    ...(backfill && { backfill }),
    ...(event && { event }),
    ...(profile && { profile }),
    ...(ignored && { ignored }),
    ...(item && { item }),
    ...(envelope && { envelope }),
  };
}
