import type { PositionRanges } from '../segment/position-ranges.js';

/** What a segment's decision says of one destination. `unjudged`: it may want these, its `match` could not tell. */
export interface Allotment {
  readonly ranges: PositionRanges;
  readonly unjudged: boolean;
}

const UNJUDGED_MARK = '?';

export const writeAllotment = ({ ranges, unjudged }: Allotment): string =>
  unjudged ? `${UNJUDGED_MARK}${ranges}` : ranges;

export function readAllotment(text: string): Allotment {
  const unjudged = text.startsWith(UNJUDGED_MARK);
  return { ranges: unjudged ? text.slice(UNJUDGED_MARK.length) : text, unjudged };
}
