import type { JsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';
import type { Layout } from './klaviyo.layout.js';

export const MAX_EMAIL_CHARS = 254;
/** One part before the @, a dotted domain after it. The length comes first: millions of dots would overflow V8's stack. */
export const EMAIL = `^(?=.{1,${MAX_EMAIL_CHARS}}$)[^\\s@"(),:;<>\\[\\]\\\\]{1,64}@[^\\s@.]+(\\.[^\\s@.]+)+$`;
export const MAX_NAME_CHARS = 127;
export const MAX_PROPERTIES = 400;
/** Said once, an identifier goes with each of a thousand events. */
export const MAX_IDENTIFIER_CHARS = 1024;
/** International numbers, as the vendor takes them. */
export const E164 = '^\\+[1-9][0-9]{6,14}$';

const text = { type: ['string', 'null'] };
const identifier = { type: ['string', 'null'], maxLength: MAX_IDENTIFIER_CHARS };
const textOrNumber = { type: ['string', 'number', 'null'] };
const flag = { type: ['boolean', 'null'] };
const freeObject = { type: ['object', 'null'] };

/** `title` names the resource in error details. */
const resource = (title: string, required: readonly string[], properties: JsonObject): JsonSchema => ({
  type: 'object',
  title,
  required,
  properties,
});

const typed = (type: string, required: readonly string[], properties: JsonObject): JsonSchema =>
  resource(type, ['type', ...required], { type: { const: type }, ...properties });

const wrapped = (title: string, data: JsonSchema): JsonSchema => resource(title, ['data'], { data });

const listed = (title: string, items: JsonSchema, maxItems: number): JsonSchema =>
  wrapped(title, { type: 'array', minItems: 1, maxItems, items });

/** What a place is made of: texts, and coordinates that may be numbers. */
export const ADDRESS: readonly string[] = [
  'address1',
  'address2',
  'city',
  'country',
  'region',
  'zip',
  'timezone',
  'ip',
];
export const COORDINATES: readonly string[] = ['latitude', 'longitude'];

const location = {
  type: ['object', 'null'],
  properties: Object.fromEntries([
    ...ADDRESS.map((name) => [name, text] as const),
    ...COORDINATES.map((name) => [name, textOrNumber] as const),
  ]),
};

const meta = {
  type: ['object', 'null'],
  properties: {
    patch_properties: {
      type: ['object', 'null'],
      properties: {
        append: freeObject,
        unappend: freeObject,
        // What a list holds is checked beyond the schema: a million wrong elements must not become a million errors.
        unset: { type: ['string', 'array', 'null'] },
      },
    },
    patch_identifiers: {
      type: ['object', 'null'],
      properties: { append: freeObject, unappend: freeObject },
    },
  },
};

const profileAttributes = {
  email: { type: ['string', 'null'], pattern: EMAIL, maxLength: MAX_EMAIL_CHARS },
  phone_number: { type: ['string', 'null'], pattern: E164 },
  external_id: identifier,
  anonymous_id: identifier,
  _kx: identifier,
  first_name: text,
  last_name: text,
  organization: text,
  title: text,
  image: text,
  locale: text,
  location,
  properties: freeObject,
};

/** `meta` counts beside `attributes` in bulk requests and inside them in single ones; elsewhere it is ignored. */
function profile(metaInside: boolean): JsonSchema {
  const attributes = {
    type: ['object', 'null'],
    properties: metaInside ? { ...profileAttributes, meta } : profileAttributes,
  };
  const members = { id: identifier, attributes };
  return wrapped('profile', typed('profile', [], metaInside ? members : { ...members, meta }));
}

const metric = wrapped(
  'metric',
  typed('metric', ['attributes'], {
    attributes: resource('metric', ['name'], {
      name: { type: 'string', minLength: 1, maxLength: MAX_NAME_CHARS },
      service: text,
    }),
  }),
);

/** `time` and the limits inside `properties` are checked beyond the schema. */
const eventAttributes = {
  metric,
  properties: { type: ['object', 'null'], maxProperties: MAX_PROPERTIES },
  time: { type: ['string', 'null'] },
  value: { type: ['number', 'null'] },
  value_currency: { type: ['string', 'null'], pattern: '^[A-Za-z]{3}$' },
  unique_id: text,
  backfill: flag,
};

const singleEvent = typed('event', ['attributes'], {
  attributes: resource('event', ['profile', 'metric'], { profile: profile(true), ...eventAttributes }),
});

function bulkItem(maxEvents: number): JsonSchema {
  const event = typed('event', ['attributes'], { attributes: resource('event', ['metric'], eventAttributes) });
  return typed('event-bulk-create', ['attributes'], {
    attributes: resource('event-bulk-create', ['profile', 'events'], {
      profile: profile(false),
      events: listed('events', event, maxEvents),
      backfill: flag,
    }),
  });
}

const job = (maxEvents: number): JsonSchema =>
  typed('event-bulk-create-job', ['attributes'], {
    attributes: resource('event-bulk-create-job', ['events-bulk-create'], {
      'events-bulk-create': listed('events-bulk-create', bulkItem(maxEvents), maxEvents),
    }),
  });

/** The body of a route: what is checked is what is published. */
export function bodySchema(layout: Layout, maxEvents: number): JsonSchema {
  switch (layout) {
    case 'job':
      return wrapped('request', job(maxEvents));
    case 'bulk':
      return wrapped('request', bulkItem(maxEvents));
    case 'single':
      return wrapped('request', singleEvent);
  }
}
