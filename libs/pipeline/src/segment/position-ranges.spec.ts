import fc from 'fast-check';
import { countRanges, fromRanges, toRanges } from './position-ranges.js';

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
});
