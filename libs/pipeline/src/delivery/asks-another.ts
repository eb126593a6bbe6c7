import { createHash } from 'node:crypto';
import type { Destination } from '#control-plane';

/** Whether requests now go elsewhere, or on another's account, than before the change. */
export function asksAnother(now: Destination, before: Destination): boolean {
  return whom(now) !== whom(before);
}

const marks = new WeakMap<Destination, string>();

/**
 * Tells apart whom a destination asks before and after a change, for what is noted of them: four characters, so that
 * nobody can try credentials on it.
 */
export function markOf(destination: Destination): string {
  const known = marks.get(destination) ?? createHash('sha256').update(whom(destination)).digest('hex').slice(0, 4);
  marks.set(destination, known);
  return known;
}

const whom = ({ config, credentials }: Destination): string => JSON.stringify([config, credentials]);
