import type { Json, JsonObject } from '../api/types';

/** The JSON merge patch (RFC 7396) that makes `after` of `before`. */
export function mergePatch(before: JsonObject, after: JsonObject): JsonObject {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].flatMap((name): [string, Json][] => {
    const [old, wanted] = [before[name], after[name]];
    if (wanted === undefined) return old === undefined || old === null ? [] : [[name, null]];
    if (isObject(old) && isObject(wanted)) {
      const inner = mergePatch(old, wanted);
      return Object.keys(inner).length === 0 ? [] : [[name, inner]];
    }
    return JSON.stringify(old) === JSON.stringify(wanted) ? [] : [[name, wanted]];
  });
  return Object.fromEntries(changes);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
