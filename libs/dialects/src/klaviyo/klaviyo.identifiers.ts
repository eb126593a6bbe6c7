import { isJsonObject, type JsonObject } from '#canonical';
import { hasMoreCharacters } from '../characters.js';
import { EMAIL, MAX_EMAIL_CHARS } from './klaviyo.schema.js';

/** By precedence where a profile has several; `id` sits beside the attributes. */
const IDENTIFYING_ATTRIBUTES = ['email', 'phone_number', 'external_id', 'anonymous_id', '_kx'] as const;

const EMAIL_PATTERN = new RegExp(EMAIL, 'u');

export function isEmail(text: string): boolean {
  return !hasMoreCharacters(text, MAX_EMAIL_CHARS) && EMAIL_PATTERN.test(text);
}

const filled = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * The vendor's own sample has the address among the custom properties. It identifies a profile that has nothing else;
 * undefined if there is no such text.
 */
export function emailProperty(profile: unknown): string | undefined {
  const attributes = isJsonObject(profile) ? profile.attributes : undefined;
  const properties = isJsonObject(attributes) ? attributes.properties : undefined;
  return isJsonObject(properties) && filled(properties.email) ? properties.email : undefined;
}

/** The strongest of the six identifiers with its name, or undefined if the profile has none of them. */
export function strongestIdentifier(profile: unknown): string | undefined {
  if (!isJsonObject(profile)) return undefined;
  if (filled(profile.id)) return `id:${profile.id}`;
  const { attributes } = profile;
  if (!isJsonObject(attributes)) return undefined;
  for (const name of IDENTIFYING_ATTRIBUTES) {
    const value = attributes[name];
    if (!filled(value)) continue;
    // Addresses that differ in case only are one profile to the vendor.
    return name === 'email' ? `email:${value.toLowerCase()}` : `${name}:${value}`;
  }
  return undefined;
}

/** True where an identifier is there but no text: the schema refuses it, and one complaint is enough. */
export function hasMistypedIdentifier(profile: JsonObject): boolean {
  const { id, attributes } = profile;
  const values = isJsonObject(attributes) ? IDENTIFYING_ATTRIBUTES.map((name) => attributes[name]) : [];
  return [id, ...values].some((value) => typeof value !== 'string' && value !== undefined && value !== null);
}

/** What makes two events one: profile, metric and explicit `unique_id`. The lengths keep the parts apart. */
export function naturalKey(identifier: string, metric: string, uniqueId: string): string {
  return `${identifier.length}:${metric.length}:${identifier}${metric}${uniqueId}`;
}
