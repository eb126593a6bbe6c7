/**
 * Sets of positions as text: `0-4,9,12-20`, ascending. Small for the common case (a whole request is one range), and
 * what scripts store.
 */
export type PositionRanges = string;

/** Writes ranges that come in ascending order and do not overlap; neighbours become one. */
class RangeWriter {
  private readonly parts: string[] = [];
  private from = -1;
  private to = -1;

  add(from: number, to: number): void {
    if (this.from < 0 || from !== this.to + 1) {
      this.flush();
      this.from = from;
    }
    this.to = to;
  }

  text(): PositionRanges {
    this.flush();
    return this.parts.join(',');
  }

  private flush(): void {
    if (this.from >= 0) this.parts.push(this.from === this.to ? String(this.from) : `${this.from}-${this.to}`);
    this.from = -1;
  }
}

/** `positions` ascending, without repeats. */
export function toRanges(positions: readonly number[]): PositionRanges {
  const writer = new RangeWriter();
  for (const position of positions) writer.add(position, position);
  return writer.text();
}

/** One text of ranges that are ascending and do not overlap. */
export function joinRanges(all: readonly PositionRanges[]): PositionRanges {
  const writer = new RangeWriter();
  for (const ranges of all) for (const [from, to] of bounds(ranges)) writer.add(from, to);
  return writer.text();
}

export function fromRanges(ranges: PositionRanges): number[] {
  // Of its final size from the start: these lists are long, and made several times a batch.
  const positions = new Array<number>(countRanges(ranges));
  let at = 0;
  for (const [from, to] of bounds(ranges)) {
    for (let position = from; position <= to; position++) positions[at++] = position;
  }
  return positions;
}

export function countRanges(ranges: PositionRanges): number {
  let count = 0;
  for (const [from, to] of bounds(ranges)) count += to - from + 1;
  return count;
}

/** First and last position of each range. */
function bounds(ranges: PositionRanges): readonly (readonly [from: number, to: number])[] {
  if (ranges === '') return [];
  return ranges.split(',').map((part) => {
    const dash = part.indexOf('-');
    const from = Number(dash < 0 ? part : part.slice(0, dash));
    return [from, dash < 0 ? from : Number(part.slice(dash + 1))];
  });
}
