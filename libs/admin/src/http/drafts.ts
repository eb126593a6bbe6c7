import { isJsonObject, type JsonObject } from '#canonical';
import { invalid } from '#control-plane';

/** In a patch null removes: one member, or all of them at once. */
export function patchedCredentials(patch: unknown, stored: Readonly<Record<string, string>>): unknown {
  if (patch !== null) return patch;
  return Object.fromEntries(Object.keys(stored).map((name) => [name, null]));
}

export function asJson(value: unknown): JsonObject {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isJsonObject(copy) ? copy : {};
}

export function assertSameId(given: string | undefined | null, id: string | undefined): void {
  if (given === undefined || given === null || id === undefined || given === id) return;
  throw invalid([{ pointer: '/id', message: `must be "${id}", as in the address` }]);
}
