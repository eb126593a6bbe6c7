import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError, invalid, type ConfigurationKind } from './configuration.errors.js';
import { idFromName, isId } from './identifiers.js';
import type { Credentials } from './credentials/credential-inputs.js';

/** What a write left behind. */
export interface Written<T> {
  readonly stored: T;
  /** Credentials that were made here, in clear: the only time they are shown. */
  readonly generated: Credentials;
  readonly created: boolean;
}

/** Tags of stored forms; `any` stands for whatever is there. */
export type TagCondition = 'any' | readonly string[];

export interface WriteCondition {
  /** The write happens only if the stored form has one of these tags. */
  readonly ifMatch?: TagCondition;
  /** The write happens only if there is no stored form with one of these tags. */
  readonly ifNoneMatch?: TagCondition;
}

export function found<T>(entry: T | undefined, what: ConfigurationKind, id: string): T {
  if (entry === undefined) throw new ConfigurationError({ kind: 'not_found', what, id });
  return entry;
}

export function assertNew(entries: ReadonlyMap<string, unknown>, what: ConfigurationKind, id: string): void {
  if (entries.has(id)) throw new ConfigurationError({ kind: 'already_exists', what, id });
}

export function assertMatches(
  entry: { readonly etag: string } | undefined,
  { ifMatch, ifNoneMatch }: WriteCondition,
  what: ConfigurationKind,
  id: string,
): void {
  if (ifMatch !== undefined && !isAmong(entry, ifMatch))
    throw new ConfigurationError({ kind: 'changed_meanwhile', what, id });
  if (ifNoneMatch !== undefined && isAmong(entry, ifNoneMatch))
    throw new ConfigurationError({ kind: 'exists_meanwhile', what, id });
}

function isAmong(entry: { readonly etag: string } | undefined, tags: TagCondition): boolean {
  return entry !== undefined && (tags === 'any' || tags.includes(entry.etag));
}

export function chooseId(given: string | undefined, name: string, taken: ReadonlyMap<string, unknown>): string {
  if (given === undefined) return idFromName(name, (id) => taken.has(id));
  assertId(given);
  return given;
}

export function assertId(id: string): void {
  if (!isId(id))
    throw invalid([{ pointer: '/id', message: 'must be 1 to 64 letters, digits, hyphens or underscores' }]);
}

/** Equal as JSON: absent and undefined members, classes and order of members make no difference. */
export function sameContent(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(asJson(a), asJson(b));
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
