import { isJsonObject, type Json, type JsonObject } from '#canonical';
import { eventMembers, identifiers } from './klaviyo-requests.js';

export type Layout = 'job' | 'bulk' | 'single';

export interface MeaningContext {
  /** When a request without times came in, to the second. */
  readonly receivedAt: string;
  /** The gateway's id of an event; as `unique_id` it says nothing. */
  idAt(position: number): string;
}

/* What a Klaviyo request means, read off the wire independently of the dialect. */

const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (found, name) => (isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined),
    value,
  );
const objectAt = (value: Json | undefined, ...path: readonly string[]): JsonObject => {
  const found = at(value, ...path);
  return isJsonObject(found) ? found : {};
};
const without = (object: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
/** No members that are null, empty objects or empty lists: to the vendor all of them mean "nothing". */
const tidy = (object: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) =>
        value !== undefined && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0),
    ),
  );
const noEmptyText = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name, value]) => value !== '' || !names.includes(name)));

function stateOf(wire: JsonObject, metaInside: boolean): JsonObject {
  const attributes = objectAt(wire, 'attributes');
  const known = noEmptyText(tidy(attributes), Object.keys(identifiers));
  const properties = objectAt(attributes, 'properties');
  const anonymous = !wire.id && !Object.keys(identifiers).some((name) => name in known);
  return tidy({
    ...without(wire, 'type', 'id', 'attributes', 'meta'),
    id: wire.id === '' ? null : wire.id,
    ...without(known, 'location', 'meta'),
    ...(anonymous && { email: properties.email }),
    location: tidy(objectAt(attributes, 'location')),
    unknownMeta: tidy(unknownMeta(metaInside ? objectAt(attributes, 'meta') : objectAt(wire, 'meta'))),
  });
}

function unknownMeta(own: JsonObject): JsonObject {
  const patch = without(objectAt(own, 'patch_properties'), 'append', 'unappend', 'unset');
  return { ...without(own, 'patch_properties', 'patch_identifiers'), patch };
}

function patchOf(wire: JsonObject, metaInside: boolean): JsonObject {
  const own = metaInside ? objectAt(wire, 'attributes', 'meta') : objectAt(wire, 'meta');
  const misplaced = metaInside ? wire.meta : objectAt(wire, 'attributes').meta;
  const { append, unappend, unset } = objectAt(own, 'patch_properties');
  const patch = tidy({ append, unappend, unset: typeof unset === 'string' ? [unset] : unset });
  return { patch, identifiers: tidy(objectAt(own, 'patch_identifiers')), ignored: misplaced ?? null };
}

function eventMeaning(wire: JsonObject, backfill: boolean, position: number, context: MeaningContext): JsonObject {
  const attributes = objectAt(wire, 'attributes');
  const own = attributes.unique_id === context.idAt(position) ? null : attributes.unique_id;
  const service = at(attributes, 'metric', 'data', 'attributes', 'service');
  const metricAttributes = objectAt(attributes, 'metric', 'data', 'attributes');
  return tidy({
    unknown: tidy({
      outside: without(wire, 'type', 'attributes'),
      inside: without(attributes, ...Object.keys(eventMembers), 'profile'),
      metric: without(objectAt(attributes, 'metric'), 'data'),
      metricData: without(objectAt(attributes, 'metric', 'data'), 'type', 'attributes'),
      metricAttributes: without(metricAttributes, 'name', 'service'),
    }),
    name: metricAttributes.name,
    service: service === '' ? null : service,
    properties: attributes.properties,
    time: typeof attributes.time === 'string' ? secondOf(attributes.time) : context.receivedAt,
    value: attributes.value,
    currency: typeof attributes.value_currency === 'string' ? attributes.value_currency.toUpperCase() : null,
    uniqueId: own === '' ? null : own,
    backfill: backfill || attributes.backfill === true || null,
  });
}

/** What an item has beside profile and events. */
function itemUnknowns(one: JsonObject, layout: Layout): JsonObject {
  if (layout === 'single') return tidy({ profile: without(objectAt(one, 'attributes', 'profile'), 'data') });
  return tidy({
    outside: without(one, 'type', 'attributes'),
    inside: without(objectAt(one, 'attributes'), 'profile', 'events', 'backfill'),
    profile: without(objectAt(one, 'attributes', 'profile'), 'data'),
    events: without(objectAt(one, 'attributes', 'events'), 'data'),
  });
}

/** What a request has beside its items. */
export function envelopeMeaning(body: Json, layout: Layout): JsonObject {
  const attributes = objectAt(body, 'data', 'attributes');
  const outside = tidy({ outside: without(objectAt(body), 'data') });
  if (layout !== 'job') return outside;
  return tidy({
    ...outside,
    data: without(objectAt(body, 'data'), 'type', 'attributes'),
    attributes: without(attributes, 'events-bulk-create'),
    list: without(objectAt(attributes, 'events-bulk-create'), 'data'),
  });
}

const secondOf = (text: string): string => new Date(Math.floor(Date.parse(text) / 1000) * 1000).toISOString();

/** Event by event: what it is, what its profile is then, and what is done to the profile with it. */
export function meaning(body: Json, layout: Layout, context: MeaningContext): readonly JsonObject[] {
  const data = at(body, 'data');
  const list = layout === 'job' ? at(data, 'attributes', 'events-bulk-create', 'data') : [data];
  const meanings: JsonObject[] = [];
  for (const one of (list ?? []) as readonly JsonObject[]) {
    const wire = objectAt(one, 'attributes', 'profile', 'data');
    const events = layout === 'single' ? [one] : (at(one, 'attributes', 'events', 'data') as readonly JsonObject[]);
    const backfill = objectAt(one, 'attributes').backfill === true;
    for (const [ordinal, own] of events.entries()) {
      meanings.push({
        event: eventMeaning(own, backfill, meanings.length, context),
        profile: stateOf(wire, layout === 'single'),
        item: ordinal === 0 ? itemUnknowns(one, layout) : {},
        patch: ordinal === 0 ? patchOf(wire, layout === 'single') : { patch: {}, identifiers: {}, ignored: null },
      });
    }
  }
  return meanings;
}
