import { randomBytes } from 'node:crypto';

const RANDOM_DIGITS = 14;
const COUNTER_DIGITS = 10;

/**
 * Request ids: `req_` and 24 of `[0-9a-z]`, the first 14 random per process, the rest counted. Ours always, never the
 * caller's: what is looked up by it must be unique.
 */
export function requestIds(): () => string {
  const prefix = `req_${[...randomBytes(RANDOM_DIGITS)].map((byte) => (byte % 36).toString(36)).join('')}`;
  let count = 0;
  return () => prefix + (++count).toString(36).padStart(COUNTER_DIGITS, '0');
}
