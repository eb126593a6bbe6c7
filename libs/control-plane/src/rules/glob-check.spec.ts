import { checkGlob } from './glob-check.js';

describe('checkGlob', () => {
  it.each(['*', 'purchase*', 'Order Completed (web)', '{signup,login}_*', 'a?c', '[x]', '**'])('takes %s', (glob) => {
    expect(checkGlob(glob)).toBeUndefined();
  });

  it.each([
    ['', 'must not be empty'],
    ['a'.repeat(201), 'must not be longer than 200 characters'],
    ['*a*a*a*a*a*a*a*a*a', 'must not have more than 8 stars'],
    ['{a,b}{c,d}{e,f}', 'must not have more than 2 braces'],
    [`{${',a'.repeat(10)}}{${',a'.repeat(10)}}`, 'must not stand for more than 100 texts'],
    ['{a,{b,c}}', 'must not nest braces'],
    ['{1..1000000}', 'must list what a brace stands for: ranges are not supported'],
  ])('refuses %s', (glob, reason) => {
    expect(checkGlob(glob)).toBe(reason);
  });
});
