import fc from 'fast-check';
import { compileGlobs } from './glob.js';

/** What a glob without braces and backslashes means, by its definition: slow, and plain. */
function means(glob: string, text: string): boolean {
  const [first] = glob;
  if (first === undefined) return text === '';
  if (first === '*') return means(glob.slice(1), text) || (text !== '' && means(glob, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && means(glob.slice(1), text.slice(1));
}

describe('globs', () => {
  it.each([
    ['purchase*', ['purchase', 'purchase_completed', 'purchase\nwith a second line'], ['a purchase', 'purchas']],
    ['*_completed', ['_completed', 'a_completed'], ['a_completed_b']],
    ['*pricing*', ['/shop/pricing/eu', 'pricing'], ['pric/ing']],
    ['a?c', ['abc', 'a/c', 'a?c'], ['ac', 'abbc']],
    ['{signup,login}_*', ['signup_web', 'login_'], ['{signup,login}_web', 'logout_web']],
    ['{a,}b{c,d}', ['abc', 'abd', 'bc', 'bd'], ['ab', 'abcd']],
    ['{a}', ['{a}'], ['a']],
    ['{a,b', ['{a,b'], ['a', 'b']],
    ['{x}{a,b}', ['{x}a', '{x}b'], ['xa']],
    ['a,b', ['a,b'], ['a', 'b']],
    ['Order Completed (web)*', ['Order Completed (web) again'], ['Order Completed web']],
    ['say "hi"*', ['say "hi" twice'], ['say hi']],
    ['[ab]*', ['[ab]c'], ['ac']],
    ['./a*', ['./ab'], ['ab']],
    ['!a', ['!a'], ['b']],
    ['\\*a*', ['*ab'], ['bab']],
    ['\\{a,b\\}', ['{a,b}'], ['a', 'b']],
    ['a\\', ['a\\'], ['a']],
    ['*', ['', 'anything', '\n'], []],
  ])('%s', (glob, texts, others) => {
    const test = compileGlobs([glob]);
    expect(texts.filter((text) => !test(text))).toEqual([]);
    expect(others.filter(test)).toEqual([]);
  });

  it('are alternatives to each other; none matches nothing', () => {
    const test = compileGlobs(['a', 'b*']);
    expect(['a', 'bc', 'c'].map(test)).toEqual([true, true, false]);
    expect(compileGlobs([])('')).toBe(false);
  });

  it('mean what their definition says', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(glob, text, (pattern, name) => compileGlobs([pattern])(name) === means(pattern, name)),
      { numRuns: 2_000 },
    );
  });

  it('come to an end on the names that make others go back for years', () => {
    const test = compileGlobs(['*a*a*a*a*a*a*a*b', '*trial*start*', '*a?a*a?b']);
    expect(test(`${'a'.repeat(100_000)}c`)).toBe(false);
    expect(test(`${'trial'.repeat(100_000)}\n`)).toBe(false);
  });
});
