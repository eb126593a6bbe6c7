import { firstCharacters, hasMoreCharacters } from './characters.js';

describe('counting characters', () => {
  it.each([
    ['', false],
    ['abc', false],
    ['abcd', true],
    ['🎉🎉🎉', false],
    ['🎉🎉🎉🎉', true],
    ['ab🎉', false],
    ['abc🎉', true],
    // Halves of a character that stand alone count as one each.
    ['\ud83c\ud83c\ud83c', false],
    ['\ud83c\ud83c\ud83c\ud83c', true],
  ])('finds more than three in %j: %s', (text, expected) => {
    expect(hasMoreCharacters(text, 3)).toBe(expected);
  });
});

describe('the first characters', () => {
  it.each([
    ['', ''],
    ['abc', 'abc'],
    ['abcd', 'abc'],
    ['🎉🎉🎉', '🎉🎉🎉'],
    ['ab🎉🎉', 'ab🎉'],
    ['🎉🎉🎉🎉', '🎉🎉🎉'],
    ['a🎉🎉🎉🎉', 'a🎉🎉'],
    ['\ud83c\ud83c\ud83c\ud83c', '\ud83c\ud83c\ud83c'],
  ])('three of %j: %j', (text, expected) => {
    expect(firstCharacters(text, 3)).toBe(expected);
  });
});
