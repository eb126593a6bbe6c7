import { hash } from 'node:crypto';
import { isJsonObject, type Json } from '#canonical';

/** Names that mean the same field, as `bareName` gives them. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['emailaddress', 'email'],
  ['phonenumber', 'phone'],
  ['externalid', 'userid'],
  ['externaluserid', 'userid'],
]);

/** What a name is about, however it is written: `$phone_number` and `phone` are the same. */
export function fieldOf(name: string): string {
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SYNONYMS.get(bare) ?? bare;
}

/**
 * SHA-256, 64 hex digits, of a value in its common form: an email trimmed and in lower case, a phone as `+` and digits,
 * any other text as it is, anything else as JSON with sorted names. What is empty names nobody and stays as it is.
 */
export function hashedValue(name: string, value: Json): Json {
  if (value === null) return null;
  const text = commonForm(fieldOf(name), value);
  return text === '' ? value : hash('sha256', text, 'hex');
}

export function commonForm(field: string, value: Json): string {
  if (field === 'email' && typeof value === 'string') return value.trim().toLowerCase();
  if (field === 'phone' && (typeof value === 'string' || typeof value === 'number')) return commonPhone(String(value));
  return typeof value === 'string' ? value : sortedJson(value);
}

/** A text without a digit is no phone and stays as it is. */
function commonPhone(text: string): string {
  const digits = text.replace(/\D/g, '').replace(/^00/, '');
  return digits === '' ? text : `+${digits}`;
}

function sortedJson(value: Json): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isJsonObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
