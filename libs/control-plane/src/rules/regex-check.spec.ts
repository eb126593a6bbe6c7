import { checkRegex, MAX_REGEX_TEXT_LENGTH } from './regex-check.js';

describe('checkRegex', () => {
  it.each([
    '^order_',
    'plan-(a|b|c)$',
    '[a-z]+@example\\.com',
    '^\\d{4}-\\d{2}$',
    '(?:abc)+',
    '(?<year>\\d\\d)',
    'a{2,5}b',
    '[)(*+]+',
    '\\(\\*\\)',
    '(ab){3}',
    'colou?r',
    '^a{20}$',
    '(a+)?',
    '^.*foo.*$',
  ])('takes %s', (pattern) => {
    expect(checkRegex(pattern, '')).toBeUndefined();
  });

  it.each([
    ['(a+)+$', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(a*)*', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(?:a|a)*', 'must not repeat a group that itself has repetitions or alternatives'],
    ['((a+))+', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(x(a|b)y){2,}', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(a?){30}', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(a{1,9}){2}', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(a+)+?', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(a)\\1', 'must not have backreferences'],
    ['(?<x>a)\\k<x>', 'must not have backreferences'],
    ['(?=a)', 'must not have lookaround or inline options'],
    ['(?<!a)b', 'must not have lookaround or inline options'],
    ['(x(ab|cd)y){2}', 'must not repeat a group that itself has repetitions or alternatives'],
    ['((a|b)c)+', 'must not repeat a group that itself has repetitions or alternatives'],
    ['(a{500}){500}', 'must not repeat a group that itself has repetitions or alternatives'],
    ['a{2000}', 'must not repeat anything more than 1000 times'],
    ['a+b+', 'must not have more than one open repetition, or two after a leading ^'],
    ['^a*a*a*b', 'must not have more than one open repetition, or two after a leading ^'],
    ['^a*b|c*d', 'must not have more than one open repetition, or two after a leading ^'],
    ['a{1,99}b{1,99}', 'must not have more than one open repetition, or two after a leading ^'],
    [`${'a?'.repeat(30)}b`, 'must not have so many optional parts and alternatives'],
    [`${'(a|a)'.repeat(20)}b`, 'must not have so many optional parts and alternatives'],
    [`${'a{1,9}'.repeat(20)}b`, 'must not have so many optional parts and alternatives'],
    ['(', 'is not a valid regular expression'],
    ['[z-a]', 'is not a valid regular expression'],
    ['a'.repeat(201), 'must not be longer than 200 characters'],
  ])('refuses %s', (pattern, reason) => {
    expect(checkRegex(pattern, '')).toBe(reason);
  });

  it('takes only harmless options', () => {
    expect(checkRegex('a', 'ims')).toBeUndefined();
    expect(checkRegex('a', 'g')).toBe('takes only the options i, m and s');
    expect(checkRegex('a', 'ii')).toBe('is not a valid regular expression');
    expect(checkRegex('^a*b*c', 'm')).toBe('must not have more than one open repetition, or two after a leading ^');
  });

  // The worst that is let through; without the check such patterns take minutes.
  it.each(['^a*a*b', 'a*b', 'a{2,9}a?a?a?b', '^.*foo.*$', '(?:a)+b', '^(a|a)(a|a)(a|a)(a|a)(a|a)a*b'])(
    'runs %s within milliseconds on the longest text',
    (pattern) => {
      expect(checkRegex(pattern, '')).toBeUndefined();
      const expression = new RegExp(pattern);
      const startedAt = performance.now();
      expression.test(`${'a'.repeat(MAX_REGEX_TEXT_LENGTH - 1)}!`);
      expect(performance.now() - startedAt).toBeLessThan(500);
    },
  );
});
