import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
import type { IngestRoute } from '../dialect.js';
import klaviyo from './klaviyo.dialect.js';

const RUNS = 10_000;
const RECEIVED_AT = Date.parse('2026-06-01T10:00:00.789Z');
const RECEIVED_SECOND = '2026-06-01T10:00:00.000Z';

function routeOf(id: string): IngestRoute {
  const route = klaviyo.routes.find((one) => one.id === id);
  if (!route) throw new Error(`no route ${id}`);
  return route;
}

const idAt = (index: number): string => `evt_${String(index).padStart(20, '0')}`;

function decode(route: IngestRoute, body: unknown): readonly CanonicalEvent[] {
  const stored = { body, route: route.id, headers: {}, sourceId: 'src-1', receivedAt: RECEIVED_AT };
  const events = route.decode({ ...stored, accepts: () => true, idAt });
  return events.filter((event) => event !== undefined);
}

/** As it would travel: what is undefined or lives in a prototype does not survive the wire. */
const overTheWire = (body: unknown): Json => JSON.parse(JSON.stringify(body)) as Json;

/* Generated requests */

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
const key = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 8 }) },
  fc.constantFrom('__proto__', 'data', 'meta'),
);
/** `Object.fromEntries` keeps a key named `__proto__` an own one. */
const freeObject = fc
  .array(fc.tuple(key, json), { maxLength: 3 })
  .map((entries): JsonObject => Object.fromEntries(entries));
const unknowns = fc
  .array(fc.tuple(fc.constantFrom('links', 'colour', '__proto__', 'relationships'), json), { maxLength: 1 })
  .map((entries): JsonObject => Object.fromEntries(entries));
const some = (shape: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<JsonObject> =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
const withUnknowns = (object: fc.Arbitrary<object>): fc.Arbitrary<JsonObject> =>
  fc.tuple(object, unknowns).map(([known, unknown]) => ({ ...unknown, ...known }));

const email = fc.constantFrom('lee@sample.test', 'Ana.M+tag@mail.sample.test', 'ü@bücher.example');
const words = fc.string({ maxLength: 6 });
const identifiers = {
  email: maybe(email),
  phone_number: maybe(fc.constantFrom('+12345678901', '+4915112345678')),
  external_id: maybe(words),
  anonymous_id: maybe(words),
  _kx: maybe(words),
};
const location = withUnknowns(
  some({
    address1: maybe(words),
    city: maybe(words),
    latitude: maybe(fc.oneof(words, fc.integer())),
    longitude: maybe(fc.oneof(words, fc.integer())),
    ip: maybe(words),
  }),
);
const traits = {
  first_name: maybe(words),
  last_name: maybe(words),
  organization: maybe(words),
  title: maybe(words),
  image: maybe(words),
  locale: maybe(fc.constant('de-CH')),
  location: maybe(location),
  properties: maybe(freeObject),
};
const meta = withUnknowns(
  some({
    patch_properties: maybe(
      withUnknowns(
        some({
          append: maybe(freeObject),
          unappend: maybe(freeObject),
          unset: maybe(fc.oneof(words, fc.array(words, { maxLength: 2 }))),
        }),
      ),
    ),
    patch_identifiers: maybe(some({ append: maybe(freeObject), unappend: maybe(freeObject) })),
  }),
);

/** One identifier at least, in each of the seven places where it can be. */
function profile(metaInside: boolean): fc.Arbitrary<JsonObject> {
  const attributes = withUnknowns(some({ ...identifiers, ...traits, meta: maybe(metaInside ? meta : json) }));
  const optional = some({ id: maybe(words), meta: maybe(metaInside ? json : meta) });
  const identify = fc.constantFrom<(one: JsonObject, attributes: JsonObject) => JsonObject>(
    (one) => ({ ...one, id: '01GDDKASAP8TKDDA2GRZDSVP4H' }),
    (one) => ({ type: 'profile', id: one.id ?? '01GDDKASAP8TKDDA2GRZDSVP4H' }),
    (one, own) => ({ ...one, attributes: { ...own, email: 'lee@sample.test' } }),
    (one, own) => ({ ...one, attributes: { ...own, external_id: 'm-41' } }),
    (one, own) => ({ ...one, attributes: { ...own, anonymous_id: 'dev-c41' } }),
    () => ({ type: 'profile', attributes: { properties: { email: 'lee@sample.test' } } }),
  );
  return fc
    .tuple(attributes, optional, unknowns, identify)
    .map(([own, other, unknown, identified]) =>
      identified({ ...unknown, type: 'profile', ...other, attributes: own }, own),
    )
    .filter((one) => one.id !== '' || isJsonObject(one.attributes));
}

const metric = withUnknowns(
  fc.record({
    data: withUnknowns(
      fc.record({
        type: fc.constant('metric'),
        attributes: withUnknowns(
          fc.record(
            { name: fc.string({ minLength: 1, maxLength: 9 }), service: maybe(words) },
            { requiredKeys: ['name'] },
          ),
        ),
      }),
    ),
  }),
);
const time = fc.constantFrom(
  '2026-06-01T05:00:00Z',
  '2026-06-01T05:00:00.987Z',
  '2026-06-01T07:00:00+02:00',
  '2024-02-29',
  '1990-01-01T00:00:00Z',
);
const eventMembers = {
  metric,
  properties: maybe(freeObject),
  time: maybe(time),
  value: maybe(fc.double({ noNaN: true, noDefaultInfinity: true })),
  value_currency: maybe(fc.constantFrom('EUR', 'usd')),
  unique_id: maybe(words),
  backfill: maybe(fc.boolean()),
};
const event = withUnknowns(
  fc.record({
    type: fc.constant('event'),
    attributes: withUnknowns(fc.record(eventMembers, { requiredKeys: ['metric'] })),
  }),
);
const item = withUnknowns(
  fc.record({
    type: fc.constant('event-bulk-create'),
    attributes: withUnknowns(
      fc.record(
        {
          profile: withUnknowns(fc.record({ data: profile(false) })),
          events: withUnknowns(fc.record({ data: fc.array(event, { minLength: 1, maxLength: 3 }) })),
          backfill: maybe(fc.boolean()),
        },
        { requiredKeys: ['profile', 'events'] },
      ),
    ),
  }),
);
const job = withUnknowns(
  fc.record({
    data: withUnknowns(
      fc.record({
        type: fc.constant('event-bulk-create-job'),
        attributes: withUnknowns(
          fc.record({
            'events-bulk-create': withUnknowns(fc.record({ data: fc.array(item, { minLength: 1, maxLength: 3 }) })),
          }),
        ),
      }),
    ),
  }),
);
const single = withUnknowns(
  fc.record({
    data: withUnknowns(
      fc.record({
        type: fc.constant('event'),
        attributes: withUnknowns(
          fc.record(
            { ...eventMembers, profile: withUnknowns(fc.record({ data: profile(true) })) },
            { requiredKeys: ['metric', 'profile'] },
          ),
        ),
      }),
    ),
  }),
);
const clientBulk = withUnknowns(fc.record({ data: item }));

/* What a request means, read off the wire independently of the code under test */

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

function eventMeaning(wire: JsonObject, backfill: boolean, position: number): JsonObject {
  const attributes = objectAt(wire, 'attributes');
  const own = attributes.unique_id === idAt(position) ? null : attributes.unique_id;
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
    time: typeof attributes.time === 'string' ? secondOf(attributes.time) : RECEIVED_SECOND,
    value: attributes.value,
    currency: typeof attributes.value_currency === 'string' ? attributes.value_currency.toUpperCase() : null,
    uniqueId: own === '' ? null : own,
    backfill: backfill || attributes.backfill === true || null,
  });
}

/** What an item has beside profile and events. */
function itemUnknowns(one: JsonObject, layout: string): JsonObject {
  if (layout === 'single') return tidy({ profile: without(objectAt(one, 'attributes', 'profile'), 'data') });
  return tidy({
    outside: without(one, 'type', 'attributes'),
    inside: without(objectAt(one, 'attributes'), 'profile', 'events', 'backfill'),
    profile: without(objectAt(one, 'attributes', 'profile'), 'data'),
    events: without(objectAt(one, 'attributes', 'events'), 'data'),
  });
}

/** What a request has beside its items. */
function envelopeMeaning(body: Json, layout: string): JsonObject {
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
function meaning(body: Json, layout: 'job' | 'bulk' | 'single'): readonly JsonObject[] {
  const data = at(body, 'data');
  const list = layout === 'job' ? at(data, 'attributes', 'events-bulk-create', 'data') : [data];
  const meanings: JsonObject[] = [];
  for (const one of (list ?? []) as readonly JsonObject[]) {
    const wire = objectAt(one, 'attributes', 'profile', 'data');
    const events = layout === 'single' ? [one] : (at(one, 'attributes', 'events', 'data') as readonly JsonObject[]);
    const backfill = objectAt(one, 'attributes').backfill === true;
    for (const [ordinal, own] of events.entries()) {
      meanings.push({
        event: eventMeaning(own, backfill, meanings.length),
        profile: stateOf(wire, layout === 'single'),
        item: ordinal === 0 ? itemUnknowns(one, layout) : {},
        patch: ordinal === 0 ? patchOf(wire, layout === 'single') : { patch: {}, identifiers: {}, ignored: null },
      });
    }
  }
  return meanings;
}

/** Jest's own comparison is slow; it is asked for the difference only. */
function expectSame(received: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(received, expected)) expect(received).toStrictEqual(expected);
}

const cases = [
  { id: 'klaviyo.job', layout: 'job', bodies: job },
  { id: 'klaviyo.single', layout: 'single', bodies: single },
  { id: 'klaviyo.client_bulk', layout: 'bulk', bodies: clientBulk },
  { id: 'klaviyo.client_single', layout: 'single', bodies: single },
] as const;

describe.each(cases)('$id', ({ id, layout, bodies }) => {
  const route = routeOf(id);

  it('says the same after decode and encode', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const sent = overTheWire(body);
        // Before 2025-01-15 a repeated unique_id was no fault: generated ids may repeat.
        const request = { requestId: 'req_1', path: route.path, query: {}, headers: { revision: '2024-10-15' } };
        const checked = route.check(sent, { request, receivedAt: RECEIVED_AT });
        if (checked.kind !== 'checked') throw new Error(JSON.stringify(checked.rejected));
        const events = decode(route, sent);
        const encoded = overTheWire(route.encode(events));
        expectSame(meaning(encoded, layout), meaning(sent, layout));
        expectSame(envelopeMeaning(encoded, layout), envelopeMeaning(sent, layout));
        expectSame(decode(route, encoded), events);
      }),
      { numRuns: RUNS / cases.length },
    );
  });
});
