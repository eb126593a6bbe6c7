import { isJsonObject, isTimestamp } from '#canonical';
import type { JsonObject } from '#canonical';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import { MAX_PROPERTIES_BYTES, MAX_PROPERTY_KEYS } from './vibefollow.wire.js';

/** A broken rule of one record; without `field` the record itself is none. */
export interface Violation {
  readonly message: string;
  readonly field?: string;
}

type Rule = (record: JsonObject) => Violation | undefined;

/** The longest address SMTP can carry; it also bounds the work of the pattern. */
const MAX_EMAIL_CHARS = 254;
const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;
/** Names of unknown members are the caller's: no answer grows with them. */
const MAX_FIELD_CHARS = 100;

function requiredText(field: string): Rule {
  const missing = { message: 'required', field };
  const mistyped = { message: 'Expected string', field };
  const empty = { message: `${field} must be at least 1 character`, field };
  return (record) => {
    const value = record[field];
    if (typeof value === 'string') return value === '' ? empty : undefined;
    return value === undefined ? missing : mistyped;
  };
}

function optionalObject(field: string): Rule {
  const mistyped = { message: 'Expected object', field };
  return (record) => (record[field] === undefined || isJsonObject(record[field]) ? undefined : mistyped);
}

const fewKeys: Rule = ({ properties }) => {
  if (!isJsonObject(properties) || Object.keys(properties).length <= MAX_PROPERTY_KEYS) return undefined;
  return { message: `properties must have at most ${MAX_PROPERTY_KEYS} keys`, field: 'properties' };
};

/** Writes the properties out once, so it is left to requests large enough to break it. */
const smallProperties: Rule = ({ properties }) => {
  if (!isJsonObject(properties) || deeperThan(properties, MAX_DEPTH)) return undefined;
  if (Buffer.byteLength(JSON.stringify(properties)) <= MAX_PROPERTIES_BYTES) return undefined;
  return { message: 'properties must be at most 1 MB', field: 'properties' };
};

const validTimestamp: Rule = ({ timestamp }) => {
  if (timestamp === undefined || (typeof timestamp === 'string' && isTimestamp(timestamp))) return undefined;
  return { message: 'Invalid timestamp', field: 'timestamp' };
};

const validEmail: Rule = ({ email }) => {
  if (email === undefined) return undefined;
  const valid = typeof email === 'string' && email.length <= MAX_EMAIL_CHARS && EMAIL.test(email);
  return valid ? undefined : { message: 'Invalid email', field: 'email' };
};

const shallow: Rule = (record) => {
  if (!deeperThan(record, MAX_DEPTH)) return undefined;
  const field = Object.keys(record).find((name) => deeperThan(record[name], MAX_DEPTH - 1)) ?? '';
  return { message: `nested deeper than ${MAX_DEPTH} levels`, field: field.slice(0, MAX_FIELD_CHARS) };
};

const EVENT_RULES: readonly Rule[] = [
  requiredText('external_user_id'),
  requiredText('name'),
  optionalObject('properties'),
  fewKeys,
  validTimestamp,
  shallow,
];
const LARGE_EVENT_RULES: readonly Rule[] = [...EVENT_RULES, smallProperties];
const USER_RULES: readonly Rule[] = [requiredText('external_user_id'), validEmail, optionalObject('traits'), shallow];

const NONE: readonly Violation[] = [];
const NO_RECORD: readonly Violation[] = [{ message: 'Expected object' }];

function violations(record: unknown, rules: readonly Rule[]): readonly Violation[] {
  if (!isJsonObject(record)) return NO_RECORD;
  let found: Violation[] | undefined;
  for (const rule of rules) {
    const violation = rule(record);
    if (violation) (found ??= []).push(violation);
  }
  return found ?? NONE;
}

/** Everything wrong with one record, in the order of the vendor's field list. */
export type RecordCheck = (record: unknown) => readonly Violation[];

export const userViolations: RecordCheck = (record) => violations(record, USER_RULES);
export const eventViolations: RecordCheck = (record) => violations(record, EVENT_RULES);
/** Of an event in a request that is large enough to exceed the size limit of properties. */
export const largeEventViolations: RecordCheck = (record) => violations(record, LARGE_EVENT_RULES);

/** The member of an envelope, other than its list, that nests too deep. */
export function deepMember(envelope: JsonObject, list: string): string | undefined {
  const deep = Object.keys(envelope).find((name) => name !== list && deeperThan(envelope[name], MAX_DEPTH - 1));
  return deep?.slice(0, MAX_FIELD_CHARS);
}
