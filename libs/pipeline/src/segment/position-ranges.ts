/**
 * Sets of positions as text: `0-4,9,12-20`, ascending. Small for the common case (a whole request is one range), and
 * what scripts store.
 */
export type PositionRanges = string;

/** `positions` ascending, without repeats. */
export function toRanges(positions: readonly number[]): PositionRanges {
  const parts: string[] = [];
  let from = -1;
  let to = -1;
  for (const position of positions) {
    if (position === to + 1 && from >= 0) {
      to = position;
      continue;
    }
    if (from >= 0) parts.push(from === to ? String(from) : `${from}-${to}`);
    from = position;
    to = position;
  }
  if (from >= 0) parts.push(from === to ? String(from) : `${from}-${to}`);
  return parts.join(',');
}

/** One text of ranges that are ascending and do not overlap; neighbours become one. */
export function joinRanges(all: readonly PositionRanges[]): PositionRanges {
  const parts: string[] = [];
  let from = '';
  let to = '';
  for (const part of all.flatMap((ranges) => (ranges === '' ? [] : ranges.split(',')))) {
    const dash = part.indexOf('-');
    const first = dash < 0 ? part : part.slice(0, dash);
    if (from === '' || Number(first) !== Number(to) + 1) {
      if (from !== '') parts.push(from === to ? from : `${from}-${to}`);
      from = first;
    }
    to = dash < 0 ? part : part.slice(dash + 1);
  }
  if (from !== '') parts.push(from === to ? from : `${from}-${to}`);
  return parts.join(',');
}

export function fromRanges(ranges: PositionRanges): number[] {
  if (ranges === '') return [];
  // Of its final size from the start: these lists are long, and made several times a batch.
  const positions = new Array<number>(countRanges(ranges));
  let at = 0;
  for (const part of ranges.split(',')) {
    const dash = part.indexOf('-');
    const from = Number(dash < 0 ? part : part.slice(0, dash));
    const to = dash < 0 ? from : Number(part.slice(dash + 1));
    for (let position = from; position <= to; position++) positions[at++] = position;
  }
  return positions;
}

export function countRanges(ranges: PositionRanges): number {
  if (ranges === '') return 0;
  let count = 0;
  for (const part of ranges.split(',')) {
    const dash = part.indexOf('-');
    count += dash < 0 ? 1 : Number(part.slice(dash + 1)) - Number(part.slice(0, dash)) + 1;
  }
  return count;
}
