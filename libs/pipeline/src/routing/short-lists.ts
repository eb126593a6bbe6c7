import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';

/** Elements that a condition sees of all lists in one member of an event together: each is tried with each operator. */
const MAX_ELEMENTS = 1_000;

/** The first two steps of each path that a condition asks for: `properties`, `plan`. */
export type Paths = readonly (readonly string[])[];

export function pathsOf(where: JsonObject): Paths {
  const paths = new Map(namedIn(where).map((path) => [path.join('.'), path]));
  return [...paths.values()];
}

function namedIn(where: JsonObject): Paths {
  return Object.entries(where).flatMap(([key, value]) => {
    if (!key.startsWith('$')) return [key.split('.').slice(0, 2)];
    const conditions = Array.isArray(value) ? (value as readonly Json[]) : [];
    return conditions.filter(isJsonObject).flatMap(namedIn);
  });
}

/** The event itself where its lists at these paths are short: nearly always. Otherwise one that has their beginning only. */
export function withShortLists(event: CanonicalEvent, paths: Paths): CanonicalEvent {
  let shown = event as unknown as JsonObject;
  for (const [name = '', inner] of paths) {
    const value = ownMember(shown, name);
    if (typeof value !== 'object' || value === null) continue;
    if (inner === undefined || Array.isArray(value)) shown = shortened(shown, name);
    else shown = replaced(shown, name, shortened(value as JsonObject, inner));
  }
  return shown as unknown as CanonicalEvent;
}

function shortened(parent: JsonObject, name: string): JsonObject {
  const value = ownMember(parent, name);
  if (typeof value !== 'object' || value === null || roomLeft(value, MAX_ELEMENTS) >= 0) return parent;
  return replaced(parent, name, beginningOf(value, { left: MAX_ELEMENTS }));
}

/** Elements that there may be more; negative as soon as there are too many. */
function roomLeft(value: Json | undefined, room: number): number {
  if (typeof value !== 'object' || value === null) return room;
  let left = room;
  if (Array.isArray(value)) {
    left -= value.length;
    if (left < 0) return left;
  }
  for (const child of Array.isArray(value) ? (value as readonly Json[]) : Object.values(value)) {
    left = roomLeft(child, left);
    if (left < 0) return left;
  }
  return left;
}

function beginningOf(value: Json, room: { left: number }): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const beginning: Json[] = [];
    for (const element of value as readonly Json[]) {
      if (room.left-- <= 0) break;
      beginning.push(beginningOf(element, room));
    }
    return beginning;
  }
  const members = Object.entries(value as JsonObject).map(
    ([name, member]) => [name, member === undefined ? undefined : beginningOf(member, room)] as const,
  );
  return Object.fromEntries(members);
}

const ownMember = (parent: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(parent, name) ? parent[name] : undefined;

const replaced = (parent: JsonObject, name: string, value: Json): JsonObject =>
  parent[name] === value ? parent : { ...parent, [name]: value };
