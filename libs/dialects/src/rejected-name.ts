import { firstCharacters } from './characters.js';

/** A small request can hold a thousand long names, and what is kept of each is multiplied. */
const MAX_NAME_CHARS = 200;

/** What a rejection tells of its event's name. */
export function rejectedName(name: unknown): { readonly name?: string } {
  return typeof name === 'string' && name !== '' ? { name: firstCharacters(name, MAX_NAME_CHARS) } : {};
}
