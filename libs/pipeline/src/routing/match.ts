// The default import: the package is CommonJS in a way that hides its named exports from Node (not from Jest).
import sift from 'sift';
import type { CanonicalEvent, JsonObject } from '#canonical';
import { MAX_REGEX_TEXT_LENGTH, type Match } from '#control-plane';
import { compileGlobs } from '../glob.js';
import { pathsOf, withShortLists } from './short-lists.js';

/** Why a destination does not want an event: the first member of its `match` that does not fit. */
export type Mismatch = 'sources' | 'dialects' | 'events' | 'where';

export interface Matcher {
  /** Whether anything from this source can match. */
  readonly origin: (sourceId: string, dialect: string) => Mismatch | undefined;
  /** Absent: every event of a matching origin matches, and none needs to be looked at. */
  readonly event?: (event: CanonicalEvent) => Mismatch | undefined;
}

export function compileMatch(match: Match): Matcher {
  const sources = match.sources && new Set(match.sources);
  const dialects = match.dialects && new Set(match.dialects);
  const origin = (sourceId: string, dialect: string): Mismatch | undefined => {
    if (sources && !sources.has(sourceId)) return 'sources';
    return dialects && !dialects.has(dialect) ? 'dialects' : undefined;
  };
  if (!match.events && !match.where) return { origin };
  const events = match.events ? compileGlobs(match.events) : () => true;
  const where = match.where ? compileWhere(match.where) : () => true;
  return {
    origin,
    event: (event) => {
      if (!events(event.event)) return 'events';
      return where(event) ? undefined : 'where';
    },
  };
}

/** Why the destination does not want the event, or undefined if it does. */
export function mismatch(matcher: Matcher, event: CanonicalEvent): Mismatch | undefined {
  return matcher.origin(event.source.id, event.source.dialect) ?? matcher.event?.(event);
}

/** A pattern sees this much of a text: what an admin may write costs at most its square. */
const $regex = (
  pattern: string,
  owner: { readonly $options?: string },
  options: Parameters<typeof sift.$regex>[2],
): sift.EqualsOperation<unknown> => {
  const expression = new RegExp(pattern, owner.$options);
  const test = (value: unknown): boolean =>
    typeof value === 'string' && expression.test(value.slice(0, MAX_REGEX_TEXT_LENGTH));
  return sift.createEqualsOperation(test, owner, options);
};

/** Only these: sift's own default has `$where`, which runs code. */
const { $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $and, $or, $not, $nor, $options, $all, $size } = sift;
const { $elemMatch } = sift;
const operations = { $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $and, $or, $not, $nor, $regex, $options };

/** A MongoDB-like condition over dotted paths, of long lists over their beginning. Throws for an unknown operator. */
export function compileWhere(where: JsonObject): (event: CanonicalEvent) => boolean {
  const paths = pathsOf(where);
  const test = sift.createQueryTester<CanonicalEvent>(where, {
    operations: { ...operations, $all, $size, $elemMatch },
  });
  return (event) => test(withShortLists(event, paths));
}
