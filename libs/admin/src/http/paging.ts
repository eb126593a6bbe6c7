import { invalid } from '#control-plane';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 250;

export interface PageQuery {
  readonly limit?: string;
  readonly cursor?: string;
}

export interface ListAnswer<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export function readLimit({ limit }: PageQuery): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  const count = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (count >= 1 && count <= MAX_LIMIT) return count;
  throw invalid([{ pointer: '/limit', message: `must be a whole number from 1 to ${MAX_LIMIT}` }]);
}

/** A cursor names the last id that was given out: entries that come or go in between shift nothing. Sorted by id. */
export function pageOf<T>(
  entries: readonly T[],
  idOf: (entry: T) => string,
  query: PageQuery,
  order: 'ascending' | 'descending' = 'ascending',
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const limit = readLimit(query);
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const isLeft = (id: string): boolean => after === undefined || (order === 'ascending' ? id > after : id < after);
  const rest = entries.filter((entry) => isLeft(idOf(entry)));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rest.length > limit && last !== undefined ? writeCursor(idOf(last)) : null };
}

const CURSOR_VERSION = '1';

export function writeCursor(id: string): string {
  return Buffer.from(`${CURSOR_VERSION}:${id}`, 'utf8').toString('base64url');
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [version, id] = [text.slice(0, 1), text.slice(2)];
  if (version === CURSOR_VERSION && writeCursor(id) === cursor) return id;
  throw invalid([{ pointer: '/cursor', message: 'must be the nextCursor of an earlier answer' }]);
}
