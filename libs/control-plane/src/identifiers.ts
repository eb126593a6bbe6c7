import { randomBytes } from 'node:crypto';

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_SLUG_LENGTH = 48;

/** `__proto__` fits the pattern, but is no name for anything. */
export function isId(text: string): boolean {
  return ID.test(text) && text !== '__proto__';
}

/** A readable id from a name, e.g. `ios-app` from "iOS app"; with a random end where that one is taken. */
export function idFromName(name: string, isTaken: (id: string) => boolean): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^-+|-+$/g, '');
  if (slug !== '' && !isTaken(slug)) return slug;
  for (;;) {
    const id = [slug, randomBytes(4).toString('hex')].filter((part) => part !== '').join('-');
    if (!isTaken(id)) return id;
  }
}
