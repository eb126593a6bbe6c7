import { BearerToken } from './bearer-token.js';

describe('BearerToken', () => {
  const token = new BearerToken('s3cret');

  it.each(['Bearer s3cret', 'bearer s3cret', 'Bearer  s3cret '])('knows %j', (header) => {
    expect(token.isCarriedBy(header)).toBe(true);
  });

  it.each([
    undefined,
    '',
    's3cret',
    'Bearer',
    'Bearer ',
    'Bearer s3cre',
    'Bearer s3cret2',
    'Basic s3cret',
    'Bearer s3cret x',
  ])('does not know %j', (header) => {
    expect(token.isCarriedBy(header)).toBe(false);
  });
});
