import { isJsonObject, type CanonicalEvent, type Identity, type Json, type JsonObject } from '#canonical';
import { emailProperty, strongestIdentifier } from './klaviyo.identifiers.js';
import { metaOf, type Layout } from './klaviyo.layout.js';
import { known, remainder, withRemainder, type Known } from './klaviyo.remainder.js';
import type { ProfileAttributesWire, ProfileMetaWire, ProfileWire } from './klaviyo.wire.js';

/** A profile as its events carry it: who it is on every one, how it is patched on the first one alone. */
export interface DecodedProfile {
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly identity?: Identity;
  readonly set?: JsonObject;
  /** Members of `profile` beside `set`. Not idempotent, hence never repeated over the events of an item. */
  readonly patch?: JsonObject;
  /** Unknown members at their places. */
  readonly left?: JsonObject;
  /** What the vendor ignores at this place: kept, never acted upon. */
  readonly ignored?: JsonObject;
}

const TRAITS = ['first_name', 'last_name', 'organization', 'title', 'image', 'locale'] as const;

const TRAIT_NAMES: ReadonlySet<string> = new Set(TRAITS);

const KNOWN_META = known({
  patch_properties: known({ append: null, unappend: null, unset: null }),
  patch_identifiers: known({ append: null, unappend: null }),
});

const ATTRIBUTES: Readonly<Record<string, Known | null>> = {
  email: null,
  phone_number: null,
  external_id: null,
  anonymous_id: null,
  _kx: null,
  ...Object.fromEntries(TRAITS.map((name) => [name, null])),
  location: null,
  properties: null,
};

const KNOWN_IN_BULK = known({
  type: null,
  id: null,
  attributes: known({ ...ATTRIBUTES, meta: null }),
  meta: KNOWN_META,
});
const KNOWN_IN_SINGLE = known({
  type: null,
  id: null,
  attributes: known({ ...ATTRIBUTES, meta: KNOWN_META }),
  meta: null,
});

const text = (value: string | null | undefined): string | undefined => value || undefined;

/** Drops null members, and the object itself if nothing is left. */
function compact(object: JsonObject): JsonObject | undefined {
  const entries = Object.entries(object).filter(([, value]) => value !== null && value !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** `browser`: the request came by a client path, where identifiers are never updated. */
export function decodeProfile(wire: ProfileWire, layout: Layout, browser: boolean): DecodedProfile {
  const attributes = wire.attributes ?? {};
  const meta = metaOf(wire, layout);
  const misplaced = metaOf(wire, layout === 'single' ? 'job' : 'single');
  const { patch, identifiers } = decodePatch(isJsonObject(meta) ? meta : {}, browser);
  const identity = identityOf(wire, attributes);
  const set = traitsOf(attributes);
  const left = remainder(wire, layout === 'single' ? KNOWN_IN_SINGLE : KNOWN_IN_BULK);
  const ignored = compact({ meta: misplaced, patch_identifiers: identifiers });
  return {
    userId: text(attributes.external_id) ?? null,
    anonymousId: text(attributes.anonymous_id) ?? null,
    ...(identity && { identity }),
    ...(set && { set }),
    ...(patch && { patch }),
    ...(left && { left }),
    ...(ignored && { ignored }),
  };
}

function identityOf(wire: ProfileWire, attributes: ProfileAttributesWire): Identity | undefined {
  const loneEmail = strongestIdentifier(wire) === undefined ? emailProperty(wire) : undefined;
  return compact({
    vendor_profile_id: text(wire.id),
    email: text(attributes.email) ?? loneEmail,
    phone: text(attributes.phone_number),
    exchange_id: text(attributes._kx),
  });
}

function traitsOf(attributes: ProfileAttributesWire): JsonObject | undefined {
  const traits: [string, Json | undefined][] = TRAITS.map((name) => [name, attributes[name]]);
  const { location, properties } = attributes;
  return compact({
    ...Object.fromEntries(traits),
    location: location ? compact(location) : undefined,
    properties: properties && Object.keys(properties).length > 0 ? properties : undefined,
  });
}

function decodePatch(meta: ProfileMetaWire, browser: boolean): { patch?: JsonObject; identifiers?: JsonObject } {
  const { append, unappend, unset } = meta.patch_properties ?? {};
  const identifiers = meta.patch_identifiers
    ? compact({ append: filled(meta.patch_identifiers.append), unappend: filled(meta.patch_identifiers.unappend) })
    : undefined;
  const names = typeof unset === 'string' ? [unset] : unset;
  const patch = compact({
    append: filled(append),
    unappend: filled(unappend),
    unset: names && names.length > 0 ? names : undefined,
    patch_identifiers: browser ? undefined : identifiers,
  });
  return { ...(patch && { patch }), ...(browser && identifiers && { identifiers }) };
}

const filled = (object: JsonObject | null | undefined): JsonObject | undefined =>
  object && Object.keys(object).length > 0 ? object : undefined;

/** Which traits are attributes of the vendor's; the others become custom properties. */
function splitTraits(set: JsonObject): { readonly attributes: JsonObject; readonly properties: JsonObject } {
  const attributes: [string, Json | undefined][] = [];
  const properties: [string, Json | undefined][] = [];
  for (const [name, value] of Object.entries(set)) {
    const isAttribute = name === 'location' ? isJsonObject(value) : typeof value === 'string' && TRAIT_NAMES.has(name);
    if (name === 'properties' && isJsonObject(value)) properties.push(...Object.entries(value));
    else (isAttribute ? attributes : properties).push([name, value]);
  }
  return { attributes: Object.fromEntries(attributes), properties: Object.fromEntries(properties) };
}

/** What a profile is on the wire, patches apart. */
export function encodeProfile(event: CanonicalEvent): ProfileWire {
  const { identity = {}, profile, extras } = event;
  const { attributes: traits, properties } = splitTraits(profile?.set ?? {});
  const attributes = compact({
    email: identity.email,
    phone_number: identity.phone,
    external_id: event.user_id,
    anonymous_id: event.anonymous_id,
    _kx: identity.exchange_id,
    ...traits,
    properties: filled(properties),
  });
  const id = identity.vendor_profile_id;
  const wire: ProfileWire = { type: 'profile', ...(id !== undefined && { id }), attributes: attributes ?? {} };
  return event.source.dialect === 'klaviyo' ? withRemainder(wire, extras?.profile) : wire;
}

/** How an event patches its profile, as `meta`; undefined if it does not. */
export function encodePatch({ profile }: CanonicalEvent): ProfileMetaWire | undefined {
  if (!profile) return undefined;
  const { append, unappend, unset, patch_identifiers } = profile;
  return compact({
    patch_properties: compact({ append, unappend, unset }),
    patch_identifiers,
  });
}
