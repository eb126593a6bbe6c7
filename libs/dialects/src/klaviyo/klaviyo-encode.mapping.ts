import { isJsonObject, type CanonicalEvent, type JsonObject } from '#canonical';
import { envelopeFromExtras } from '../extras.js';
import { encodePatch, encodeProfile } from './klaviyo-profile.mapping.js';
import { withRemainder } from './klaviyo.remainder.js';
import type { Place } from './klaviyo.mapping.js';
import type { BulkItemWire, EventAttributesWire, EventWire, ProfileMetaWire, ProfileWire } from './klaviyo.wire.js';

/** What this dialect left in `extras`; another dialect's is none of our business. */
const own = ({ source, extras }: CanonicalEvent): JsonObject => (source.dialect === 'klaviyo' && extras ? extras : {});

/**
 * The request to a route that carries these events, in their order. The job takes any; a client bulk request takes the
 * events of one profile and a single create takes one event, else a RangeError is thrown.
 */
export function encode(events: readonly CanonicalEvent[], place: Place): JsonObject {
  const envelope = envelopeFromExtras(events.map(own));
  switch (place.layout) {
    case 'job': {
      const data = {
        type: 'event-bulk-create-job',
        attributes: { 'events-bulk-create': { data: encodeItems(events, place) } },
      };
      return withRemainder({ data }, envelope);
    }
    case 'bulk':
      return withRemainder({ data: encodeOneItem(events, place) }, envelope);
    case 'single':
      return withRemainder({ data: encodeSingle(only(events), place) }, envelope);
  }
}

function only(events: readonly CanonicalEvent[]): CanonicalEvent {
  const [event] = events;
  if (event === undefined || events.length > 1) throw new RangeError(`takes one event, not ${events.length}`);
  return event;
}

interface ItemParts {
  readonly profile: ProfileWire;
  /** The event that opened the item. */
  readonly of: CanonicalEvent;
  readonly events: readonly EventWire[];
}

interface OpenItem extends ItemParts {
  /** The profile as text. */
  readonly key: string;
  readonly events: EventWire[];
}

/**
 * Items of a bulk request: neighbouring events of one profile share an item. An event that patches its profile opens a
 * new one, so that the patch is sent as often as it came. Sort by profile beforehand where order does not matter.
 */
export function encodeItems(events: readonly CanonicalEvent[], place: Place): readonly BulkItemWire[] {
  const items: OpenItem[] = [];
  for (const event of events) {
    const profile = encodeProfile(event);
    const key = JSON.stringify(profile);
    const open = items.at(-1);
    const wire = encodeEvent(event);
    if (open?.key === key && !opensItem(event)) open.events.push(wire);
    else items.push({ profile, key, of: event, events: [wire] });
  }
  return items.map((item) => closeItem(item, place));
}

/** The first event tells of the profile; it alone carries what an item says once. */
function encodeOneItem(events: readonly CanonicalEvent[], place: Place): BulkItemWire {
  const [first] = events;
  const who = new Set(
    events.map(({ user_id, anonymous_id, identity }) => JSON.stringify([user_id, anonymous_id, identity])),
  );
  if (first === undefined || who.size > 1) throw new RangeError(`takes the events of one profile, not of ${who.size}`);
  const profile = encodeProfile(first);
  return closeItem({ profile, of: first, events: events.map(encodeEvent) }, place);
}

function opensItem(event: CanonicalEvent): boolean {
  const { item, ignored } = own(event);
  return item !== undefined || ignored !== undefined || encodePatch(event) !== undefined;
}

function closeItem({ profile, of, events }: ItemParts, place: Place): BulkItemWire {
  const data = withMeta(profile, of, place);
  const item = { type: 'event-bulk-create', attributes: { profile: { data }, events: { data: events } } } as const;
  return withRemainder(item, own(of).item);
}

function encodeSingle(event: CanonicalEvent, place: Place): JsonObject {
  const profile = { data: withMeta(encodeProfile(event), event, place) };
  const wire = { type: 'event', attributes: { ...eventAttributes(event), profile } };
  return withRemainder(wire, own(event).event);
}

/** Puts patches where the layout has them, and what the vendor ignored where it ignores it. */
function withMeta(profile: ProfileWire, event: CanonicalEvent, { layout, browser }: Place): ProfileWire {
  const { ignored } = own(event);
  const meta = metaOf(event, browser);
  const misplaced = isJsonObject(ignored) ? ignored.meta : undefined;
  const inside = layout === 'single' ? meta : misplaced;
  const beside = layout === 'single' ? misplaced : meta;
  return withRemainder(profile, {
    ...(inside !== undefined && { attributes: { meta: inside } }),
    ...(beside !== undefined && { meta: beside }),
  });
}

/** Identifier patches of a browser are ignored where they came from, and go nowhere else. */
function metaOf(event: CanonicalEvent, browser: boolean): ProfileMetaWire | undefined {
  const meta = encodePatch(event);
  const { ignored } = own(event);
  if (!browser || !isJsonObject(ignored) || !isJsonObject(ignored.patch_identifiers)) return meta;
  return { ...meta, patch_identifiers: ignored.patch_identifiers };
}

export function encodeEvent(event: CanonicalEvent): EventWire {
  const wire: EventWire = { type: 'event', attributes: eventAttributes(event) };
  return withRemainder(wire, own(event).event);
}

/** Events without a `unique_id` of their own go out under their id: two in one second must not become one. */
function eventAttributes(event: CanonicalEvent): EventAttributesWire {
  const { context, properties, timestamp, value } = event;
  const { unique_id: uniqueId, backfill } = own(event);
  const service = context?.service;
  return {
    metric: {
      data: { type: 'metric', attributes: { name: event.event, ...(typeof service === 'string' && { service }) } },
    },
    properties,
    time: timestamp,
    ...(value?.amount !== undefined && { value: value.amount }),
    ...(value?.currency !== undefined && { value_currency: value.currency.toUpperCase() }),
    unique_id: typeof uniqueId === 'string' ? uniqueId : event.id,
    ...(backfill === true && { backfill: true }),
  };
}
