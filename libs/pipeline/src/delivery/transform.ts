import picomatch from 'picomatch';
import type { CanonicalEvent, Json, JsonObject } from '#canonical';
import type { Transform } from '#control-plane';

export type Transformer = (event: CanonicalEvent) => CanonicalEvent;

/** Drop, rename, then set: what is set is never dropped or renamed again. Undefined if there is nothing to do. */
export function compileTransform(transform: Transform): Transformer | undefined {
  const { renameEvents, renameProperties, dropProperties = [], setProperties } = transform;
  if (!renameEvents && !renameProperties && dropProperties.length === 0 && !setProperties) return undefined;
  const eventNames = new Map(Object.entries(renameEvents ?? {}));
  const reshape = propertyReshaper(new Map(Object.entries(renameProperties ?? {})), dropProperties, setProperties);
  return (event) => ({
    ...event,
    event: (event.type === 'track' ? eventNames.get(event.event) : undefined) ?? event.event,
    properties: reshape(event.properties),
  });
}

function propertyReshaper(
  names: ReadonlyMap<string, string>,
  dropped: readonly string[],
  set: JsonObject | undefined,
): (properties: JsonObject) => JsonObject {
  const drops = dropped.length === 0 ? () => false : picomatch([...dropped], { dot: true, bash: true, nonegate: true });
  const added = Object.entries(set ?? {});
  if (names.size === 0 && dropped.length === 0 && added.length === 0) return (properties) => properties;
  return (properties) => {
    const entries: (readonly [string, Json | undefined])[] = [];
    for (const [name, value] of Object.entries(properties)) {
      if (!drops(name)) entries.push([names.get(name) ?? name, value]);
    }
    return Object.fromEntries([...entries, ...added]);
  };
}
