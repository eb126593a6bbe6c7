import { takesGzip } from './compressed.js';

describe('whether a caller takes gzip', () => {
  it.each<[string, boolean]>([
    ['gzip, deflate, br', true],
    ['br;q=1.0, GZIP;q=0.5', true],
    ['*', true],
    ['x-gzip', true],
    ['', false],
    ['br', false],
    ['gzip;q=0', false],
    ['*, gzip;q=0', false],
    ['identity;q=1, *;q=0', false],
    ['gzip;q=nonsense', false],
  ])('%j: %s', (header, taken) => {
    expect(takesGzip(header)).toBe(taken);
  });

  it('is not assumed where nothing is said', () => {
    expect(takesGzip(undefined)).toBe(false);
  });
});
