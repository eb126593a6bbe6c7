import fc from 'fast-check';
import { isJsonObject, type JsonObject } from '#canonical';
import { jsonObjects, jsonValues } from './wire-arbitraries.js';

/* Requests that the Klaviyo routes take, with everything in them that a caller may send. */

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const json = jsonValues;
const freeObject = jsonObjects;
const unknowns = fc
  .array(fc.tuple(fc.constantFrom('links', 'colour', '__proto__', 'relationships'), json), { maxLength: 1 })
  .map((entries): JsonObject => Object.fromEntries(entries));
const some = (shape: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<JsonObject> =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
const withUnknowns = (object: fc.Arbitrary<object>): fc.Arbitrary<JsonObject> =>
  fc.tuple(object, unknowns).map(([known, unknown]) => ({ ...unknown, ...known }));

const email = fc.constantFrom('lee@sample.test', 'Ana.M+tag@mail.sample.test', 'ü@bücher.example');
const words = fc.string({ maxLength: 6 });
export const identifiers = {
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
export const eventMembers = {
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
export const jobs = withUnknowns(
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
export const singles = withUnknowns(
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
export const clientBulks = withUnknowns(fc.record({ data: item }));
