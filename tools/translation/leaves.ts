import { isJsonObject, normalizeTimestamp, type Json } from '#canonical';

/** A value with the way to it: `events[].user_id`. */
export interface Leaf {
  readonly path: string;
  readonly value: string | number | boolean;
}

/** Every value in a JSON text's meaning that is neither null nor empty. */
export function leavesOf(value: Json | undefined, path = ''): readonly Leaf[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((element) => leavesOf(element, `${path}[]`));
  }
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, member]) => leavesOf(member, path === '' ? name : `${path}.${name}`));
  }
  return [{ path, value: value as Leaf['value'] }];
}

/** Whether one value is the other in another spelling: a time, an amount in cents, a code in capitals. */
export function sameValue(a: Leaf['value'], b: Leaf['value']): boolean {
  if (a === b) return true;
  if (typeof a === 'number' && typeof b === 'number') return a === b / 100 || b === a / 100;
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const time = normalizeTimestamp(a);
  return time !== undefined && time === normalizeTimestamp(b);
}
