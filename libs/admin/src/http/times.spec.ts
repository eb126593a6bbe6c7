import { readTime, timeOf } from './times.js';

const utc = (text: string): string | undefined => {
  const time = timeOf(text);
  return time === undefined ? undefined : new Date(time).toISOString();
};

describe('timeOf', () => {
  it.each([
    ['2028-11-29T10:00:00Z', '2028-11-29T10:00:00.000Z'],
    ['2028-11-29T10:00:00.123456Z', '2028-11-29T10:00:00.123Z'],
    ['2028-11-29T10:00+01:00', '2028-11-29T09:00:00.000Z'],
    ['2028-11-29T10:00:00+0100', '2028-11-29T09:00:00.000Z'],
    ['2028-11-29T10:00:00', '2028-11-29T10:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '1',
    '20281129',
    '2028-W05',
    '2028-333',
    '2028-11',
    '2028-11-29T10Z',
    '2028-11-29Z',
    '2028-11-29 10:00:00Z',
    '2028-11-29T10:00:00Zx',
    '2028-11-29T25:00:00Z',
    '2028-11-29T10:00:00+25:00',
    '2027-02-29',
    '2027-02-30T00:00:00Z',
    '2027-13-01',
  ])('refuses %j', (text) => {
    expect(utc(text)).toBeUndefined();
  });
});

describe('readTime', () => {
  it('leaves out what is absent and names what it refuses', () => {
    expect(readTime(undefined, '/since')).toBeUndefined();
    expect(() => readTime('20281129', '/since')).toThrow('/since: must be a date or a time by ISO 8601');
  });
});
