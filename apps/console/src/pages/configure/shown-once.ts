import type { ShownCredential } from '../../api/types';

/** Credentials that an answer showed in clear, kept until the page that shows them has been left. Never stored. */
const shown = new Map<string, Readonly<Record<string, string>>>();

export function showOnce(key: string, credentials: Readonly<Record<string, ShownCredential>>): void {
  const clear = Object.entries(credentials).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (clear.length > 0) shown.set(key, Object.fromEntries(clear));
}

export function shownOnce(key: string): Readonly<Record<string, string>> {
  return shown.get(key) ?? {};
}

export function forgetShown(key: string): void {
  shown.delete(key);
}
