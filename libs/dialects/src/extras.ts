import { isJsonObject } from '#canonical';
import type { Json, JsonObject } from '#canonical';

/** Larger envelope leftovers stay with one event: a thousand copies of them would be a way to flood the destinations. */
const MAX_SHARED_ENVELOPE_CHARS = 2048;

/**
 * Names in `extras` with a meaning of their own. A wire member that happens to be called so is kept below `item`, where
 * nobody can mistake it.
 */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'item',
  'envelope',
  'timestamp',
  'sent_at',
  'event_name',
  'unique_id',
  'backfill',
]);

/** The members whose names are not in `known`; undefined if there are none. */
export function unknownMembers(wire: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let found: [string, Json | undefined][] | undefined;
  // Parsed JSON inherits nothing: this is Object.keys without the list.
  for (const name in wire) {
    if (!known.has(name)) (found ??= []).push([name, wire[name]]);
  }
  return found && Object.fromEntries(found);
}

/**
 * How much of the envelope's unknown members an event keeps, asked with whether it is the first one taken of its
 * request: all of them, unless they are too large to be copied to every event.
 */
export function envelopeShares(unknown: JsonObject | undefined): (isFirst: boolean) => JsonObject | undefined {
  if (!unknown) return () => undefined;
  const small = JSON.stringify(unknown).length <= MAX_SHARED_ENVELOPE_CHARS;
  return (isFirst) => (small || isFirst ? unknown : undefined);
}

/** `extras` of an event: the item's unknown members under their own names, and what the dialect itself puts there. */
export function toExtras(unknown: JsonObject | undefined, own: JsonObject | undefined): JsonObject | undefined {
  if (!unknown) return own;
  const names = Object.keys(unknown);
  if (!names.some((name) => OWN_NAMES.has(name))) return own ? { ...unknown, ...own } : unknown;
  const entries = names.map((name): [string, Json | undefined] => [name, unknown[name]]);
  const item = Object.fromEntries(entries.filter(([name]) => OWN_NAMES.has(name)));
  return { ...Object.fromEntries(entries.filter(([name]) => !OWN_NAMES.has(name))), ...own, item };
}

/** The item's unknown members again: the inverse of `toExtras`. */
export function fromExtras(extras: JsonObject | undefined): JsonObject {
  if (!extras) return {};
  const entries = Object.entries(extras).filter(([name]) => !OWN_NAMES.has(name));
  return { ...Object.fromEntries(entries), ...(isJsonObject(extras.item) ? extras.item : {}) };
}

/** The envelope's unknown members again, from all events of a request. */
export function envelopeFromExtras(extras: readonly (JsonObject | undefined)[]): JsonObject {
  const found = extras.find((one) => isJsonObject(one?.envelope));
  return found && isJsonObject(found.envelope) ? found.envelope : {};
}
