import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
import { commonForm, fieldOf, hashedValue } from '../hashed-value.js';

type Hashes = ReadonlyMap<string, string>;

/**
 * Hashes who an event is about, wherever the event says so: the fields themselves, members of the same meaning in
 * `profile` and `extras`, and every other text in the event that equals a hashed value.
 */
export function identityHasher(names: readonly string[]): (event: CanonicalEvent) => CanonicalEvent {
  const fields = new Set(names.map(fieldOf));
  const isHidden = (name: string): boolean => fields.has(fieldOf(name));
  return (event) => {
    const { user_id, anonymous_id, identity = {} } = event;
    const values = Object.entries({ ...identity, user_id, anonymous_id }).filter(([name]) => isHidden(name));
    const hashes = hashesOf(values);
    const hide = (value: JsonObject): JsonObject =>
      hashes.size === 0 ? value : hiddenMembers(value, hashes, () => false);
    const hideNamed = (value: JsonObject): JsonObject => hiddenMembers(value, hashes, isHidden);
    return {
      ...event,
      user_id: hashedText('user_id', user_id, isHidden),
      anonymous_id: hashedText('anonymous_id', anonymous_id, isHidden),
      properties: hide(event.properties),
      ...(event.identity && { identity: hideNamed(event.identity) }),
      ...(event.context && { context: hide(event.context) }),
      ...(event.profile && { profile: hideNamed(event.profile) }),
      ...(event.extras && { extras: hideNamed(event.extras) }),
    };
  };
}

function hashedText(name: string, value: string | null, isHidden: (name: string) => boolean): string | null {
  if (value === null || !isHidden(name)) return value;
  const hashed = hashedValue(name, value);
  return typeof hashed === 'string' ? hashed : value;
}

/** Each value as it came and in its common form. */
function hashesOf(values: readonly (readonly [string, Json | undefined])[]): Hashes {
  const hashes = new Map<string, string>();
  for (const [name, value] of values) {
    if (typeof value !== 'string' || value === '') continue;
    const hashed = hashedValue(name, value);
    if (typeof hashed !== 'string' || hashed === value) continue;
    hashes.set(value, hashed);
    hashes.set(commonForm(fieldOf(name), value), hashed);
  }
  return hashes;
}

function hiddenMembers(object: JsonObject, hashes: Hashes, isHidden: (name: string) => boolean): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      value === undefined ? value : isHidden(name) ? hashedLeaves(name, value) : hidden(value, hashes, isHidden),
    ]),
  );
}

/** A list of addresses is hashed one by one. */
function hashedLeaves(name: string, value: Json): Json {
  return Array.isArray(value) ? value.map((item: Json) => hashedLeaves(name, item)) : hashedValue(name, value);
}

function hidden(value: Json, hashes: Hashes, isHidden: (name: string) => boolean): Json {
  if (typeof value === 'string') return hashes.get(value) ?? hashedCopyOfEmail(value, hashes) ?? value;
  if (Array.isArray(value)) return value.map((item: Json) => hidden(item, hashes, isHidden));
  return isJsonObject(value) ? hiddenMembers(value, hashes, isHidden) : value;
}

/** The same address in another case. */
function hashedCopyOfEmail(text: string, hashes: Hashes): string | undefined {
  return text.includes('@') ? hashes.get(commonForm('email', text)) : undefined;
}
