import { isJsonObject, type CanonicalEvent, type Identity, type Json, type JsonObject } from '#canonical';
import { emailProperty } from './klaviyo.identifiers.js';
import type { Layout } from './klaviyo.layout.js';
import { compact, known, remainder, withRemainder, type Known } from './klaviyo.remainder.js';
import { ADDRESS, COORDINATES } from './klaviyo.schema.js';
import type { ProfileAttributesWire, ProfileMetaWire, ProfileWire } from './klaviyo.wire.js';

/** A profile as its events carry it: who it is on every one, how it is patched on the first accepted one alone. */
export interface DecodedProfile {
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly identity: Identity | undefined;
  readonly set: JsonObject | undefined;
  /** Members of `profile` beside `set`. Not idempotent, hence never repeated over the events of an item. */
  readonly patch: JsonObject | undefined;
  /** Unknown members at their places. */
  readonly left: JsonObject | undefined;
  /** What the vendor ignores at this place: kept, never acted upon. */
  readonly ignored: JsonObject | undefined;
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

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** `browser`: the request came by a client path, where identifiers are never updated. */
export function decodeProfile(wire: ProfileWire, layout: Layout, browser: boolean): DecodedProfile {
  const attributes = wire.attributes ?? {};
  const single = layout === 'single';
  const misplaced = single ? wire.meta : attributes.meta;
  const { patch, identifiers } = decodePatch(single ? attributes.meta : wire.meta, browser);
  return {
    userId: attributes.external_id || null,
    anonymousId: attributes.anonymous_id || null,
    identity: identityOf(wire, attributes),
    set: traitsOf(attributes),
    patch,
    left: remainder(wire, single ? KNOWN_IN_SINGLE : KNOWN_IN_BULK),
    ignored: compact({ meta: misplaced, patch_identifiers: identifiers }),
  };
}

function identityOf(wire: ProfileWire, attributes: ProfileAttributesWire): Identity | undefined {
  const { email, phone_number: phone, _kx: exchangeId } = attributes;
  const identity: Writable<Identity> = {};
  if (wire.id) identity.vendor_profile_id = wire.id;
  if (email) identity.email = email;
  if (phone) identity.phone = phone;
  if (exchangeId) identity.exchange_id = exchangeId;
  if (!wire.id && !email && !phone && !exchangeId) {
    const loneEmail = attributes.external_id || attributes.anonymous_id ? undefined : emailProperty(wire);
    return loneEmail === undefined ? undefined : { email: loneEmail };
  }
  return identity;
}

function traitsOf(attributes: ProfileAttributesWire): JsonObject | undefined {
  const traits: Record<string, Json> = {};
  let found = false;
  const add = (name: string, value: Json | undefined): void => {
    if (value === undefined || value === null) return;
    traits[name] = value;
    found = true;
  };
  for (const name of TRAITS) add(name, attributes[name]);
  if (attributes.location) add('location', compact(attributes.location));
  add('properties', filled(attributes.properties));
  return found ? traits : undefined;
}

function decodePatch(
  meta: ProfileMetaWire | null | undefined,
  browser: boolean,
): { readonly patch?: JsonObject; readonly identifiers?: JsonObject } {
  if (!meta) return {};
  const { append, unappend, unset } = meta.patch_properties ?? {};
  const { append: adding, unappend: removing } = meta.patch_identifiers ?? {};
  const identifiers = compact({ append: filled(adding), unappend: filled(removing) });
  const names = typeof unset === 'string' ? [unset] : unset;
  const patch = compact({
    append: filled(append),
    unappend: filled(unappend),
    unset: names && names.length > 0 ? names : undefined,
    patch_identifiers: browser ? undefined : identifiers,
  });
  return browser ? { patch, identifiers } : { patch };
}

const filled = (object: JsonObject | null | undefined): JsonObject | undefined =>
  object && Object.keys(object).length > 0 ? object : undefined;

/**
 * Whether another dialect's object is a place as the vendor knows it: for a wrong member the job would be refused, an
 * unknown one would be lost.
 */
function isLocation(value: JsonObject): boolean {
  return Object.entries(value).every(([name, member]) => {
    const isText = typeof member === 'string' || member === null;
    return COORDINATES.includes(name) ? isText || typeof member === 'number' : isText && ADDRESS.includes(name);
  });
}

/** Which traits are attributes of the vendor's; the others become custom properties. `own`: the vendor's sender sent them. */
function splitTraits(
  set: JsonObject,
  own: boolean,
): { readonly attributes: JsonObject; readonly properties: JsonObject } {
  const attributes: [string, Json | undefined][] = [];
  const properties: [string, Json | undefined][] = [];
  for (const [name, value] of Object.entries(set)) {
    const isPlace = name === 'location' && isJsonObject(value) && (own || isLocation(value));
    const isAttribute = isPlace || (typeof value === 'string' && TRAIT_NAMES.has(name));
    // Not all in one call: a hundred thousand arguments overflow the stack.
    if (name === 'properties' && isJsonObject(value)) for (const entry of Object.entries(value)) properties.push(entry);
    else (isAttribute ? attributes : properties).push([name, value]);
  }
  return { attributes: Object.fromEntries(attributes), properties: Object.fromEntries(properties) };
}

/** What a profile is on the wire, patches apart. */
export function encodeProfile(event: CanonicalEvent): ProfileWire {
  const { identity = {}, profile, extras } = event;
  const own = event.source.dialect === 'klaviyo';
  const { attributes: traits, properties } = splitTraits(profile?.set ?? {}, own);
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
  return own ? withRemainder(wire, extras?.profile) : wire;
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
