import { hash } from 'node:crypto';
import type { Json } from '#canonical';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_CHARS = 20;

/**
 * Ids made from what the events are: an SDK that sends again after a lost answer gives the same ids, so that destinations
 * can drop the repeat. Equal events of one request are different events (two taps are two taps): the second and later
 * ones are told apart by their number.
 */
export function eventIds(): (identity: readonly Json[]) => string {
  const seen = new Map<string, number>();
  return (identity) => {
    const text = JSON.stringify(identity);
    const id = digest(text);
    const earlier = seen.get(id) ?? 0;
    seen.set(id, earlier + 1);
    return earlier === 0 ? id : digest(`${text}#${earlier}`);
  };
}

function digest(text: string): string {
  // A binary string has one character per byte and is several times cheaper than a buffer.
  const bytes = hash('sha256', text, 'binary');
  let id = 'evt_';
  for (let at = 0; at < ID_CHARS; at++) id += ALPHABET[bytes.charCodeAt(at) % ALPHABET.length];
  return id;
}
