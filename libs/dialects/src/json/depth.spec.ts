import { deeperThan } from './depth.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('deeperThan', () => {
  it.each([
    [1, 0, false],
    ['text', 0, false],
    [null, 0, false],
    [{}, 1, false],
    [{}, 0, true],
    [{ a: { b: 1 } }, 2, false],
    [{ a: { b: 1 } }, 1, true],
    [[1, [2, { a: [] }]], 4, false],
    [[1, [2, { a: [] }]], 3, true],
  ])('%j nests deeper than %d: %s', (value, levels, expected) => {
    expect(deeperThan(value, levels)).toBe(expected);
  });

  it('takes exactly a hundred levels', () => {
    expect(deeperThan(nested(100), 100)).toBe(false);
    expect(deeperThan(nested(101), 100)).toBe(true);
  });

  it('answers for a million levels without walking them', () => {
    expect(deeperThan(nested(1_000_000), 100)).toBe(true);
  });

  it('sees what a key named __proto__ holds', () => {
    expect(deeperThan(JSON.parse('{"__proto__":[[1]]}'), 2)).toBe(true);
  });
});
