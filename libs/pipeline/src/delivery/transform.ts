import type { CanonicalEvent, Json, JsonObject } from '#canonical';
import type { Transform } from '#control-plane';
import { compileGlobs } from '../glob.js';
import { identityHasher } from './hash-identity.js';
import { hashedValue } from '../hashed-value.js';

export type Transformer = (event: CanonicalEvent) => CanonicalEvent;

/**
 * Drop, hash, rename, then set: every rule names what came, and what is set is never dropped, hashed or renamed.
 * Undefined if there is nothing to do.
 */
export function compileTransform(transform: Transform): Transformer | undefined {
  const { renameEvents, hashIdentity = [] } = transform;
  const reshape = compileReshape(transform);
  if (!renameEvents && !reshape && hashIdentity.length === 0) return undefined;
  const eventNames = new Map(Object.entries(renameEvents ?? {}));
  const hidden = hashIdentity.length === 0 ? (event: CanonicalEvent) => event : identityHasher(hashIdentity);
  return (event) => {
    const person = hidden(event);
    return {
      ...person,
      event: (event.type === 'track' ? eventNames.get(event.event) : undefined) ?? event.event,
      properties: reshape ? reshape(event.properties, person.properties) : person.properties,
    };
  };
}

/** `hidden`: the same properties without what names the person; what is hashed by name is hashed from what came. */
type Reshape = (properties: JsonObject, hidden: JsonObject) => JsonObject;

function compileReshape(transform: Transform): Reshape | undefined {
  const { renameProperties, dropProperties = [], hashProperties = [], setProperties } = transform;
  if (!renameProperties && dropProperties.length === 0 && hashProperties.length === 0 && !setProperties)
    return undefined;
  const names = new Map(Object.entries(renameProperties ?? {}));
  const drops = compileGlobs(dropProperties);
  const hashes = compileGlobs(hashProperties);
  const added = Object.entries(setProperties ?? {});
  return (properties, hidden) => {
    const entries: (readonly [string, Json | undefined])[] = [];
    for (const [name, value] of Object.entries(properties)) {
      if (drops(name)) continue;
      const kept = value !== undefined && hashes(name) ? hashedValue(name, value) : hidden[name];
      entries.push([names.get(name) ?? name, kept]);
    }
    return Object.fromEntries([...entries, ...added]);
  };
}
