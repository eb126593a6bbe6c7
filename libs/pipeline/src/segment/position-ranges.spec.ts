import fc from 'fast-check';
import { countRanges, fromRanges, joinRanges, toRanges } from './position-ranges.js';

describe('position ranges', () => {
  it('write runs as ranges', () => {
    expect(toRanges([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
    expect(toRanges([])).toBe('');
  });

  it('read back what was written', () => {
    const positions = fc.uniqueArray(fc.nat(2_000)).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(positions, (list) => {
        const ranges = toRanges(list);
        expect(fromRanges(ranges)).toEqual(list);
        expect(countRanges(ranges)).toBe(list.length);
      }),
    );
  });

  it('join neighbours', () => {
    expect(joinRanges(['0-99', '100', '101-104', '', '106', '108-109'])).toBe('0-104,106,108-109');
    expect(joinRanges([])).toBe('');
  });

  it('are the same joined as written at once', () => {
    const runs = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 5 })), { maxLength: 50 });
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 7 }), (gaps, size) => {
        let next = 0;
        const list = gaps.flatMap(([gap, length]) => {
          const from = next + gap;
          next = from + length;
          return Array.from({ length }, (_, i) => from + i);
        });
        const parts: string[] = [];
        for (let i = 0; i < list.length; i += size) parts.push(toRanges(list.slice(i, i + size)));
        expect(joinRanges(parts)).toBe(toRanges(list));
      }),
    );
  });
});
