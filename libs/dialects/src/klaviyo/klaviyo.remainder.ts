import { isJsonObject, type Json, type JsonObject } from '#canonical';

/** The members of a wire object that have a meaning, and of which of them the members are known in turn. */
export type Known = ReadonlyMap<string, Known | null>;

export function known(members: Readonly<Record<string, Known | null>>): Known {
  return new Map(Object.entries(members));
}

/**
 * What is left of an object when its known members are taken out, at the place where it was:
 * `{data: {type: 'metric', colour: 1}}` leaves `{data: {colour: 1}}`. Undefined if nothing is left.
 */
export function remainder(wire: JsonObject, members: Known): JsonObject | undefined {
  let left: [string, Json][] | undefined;
  for (const name in wire) {
    const value = wire[name];
    if (value === undefined) continue;
    const inner = members.get(name);
    if (inner === undefined) (left ??= []).push([name, value]);
    if (!inner || !isJsonObject(value)) continue;
    const rest = remainder(value, inner);
    if (rest) (left ??= []).push([name, rest]);
  }
  return left && Object.fromEntries(left);
}

/** Puts a remainder back to its places; what the object already has stays. */
export function withRemainder<T extends JsonObject>(wire: T, left: Json | undefined): T {
  if (!isJsonObject(left)) return wire;
  const merged = Object.entries(left).map(([name, value]): [string, Json | undefined] => {
    const own = Object.hasOwn(wire, name) ? wire[name] : undefined;
    if (own === undefined) return [name, value];
    return [name, isJsonObject(own) ? withRemainder(own, value) : own];
  });
  return { ...wire, ...Object.fromEntries(merged) };
}

/** The object without members that are null or undefined; undefined if nothing is left. */
export function compact(object: JsonObject): JsonObject | undefined {
  for (const name in object) {
    if (object[name] !== undefined && object[name] !== null) {
      return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));
    }
  }
  return undefined;
}
