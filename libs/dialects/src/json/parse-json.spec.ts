import { parseJson } from './parse-json.js';

const kindOf = (text: string | Buffer): string => parseJson(Buffer.from(text)).kind;

describe('parseJson', () => {
  it('parses UTF-8 and keeps the bytes it parsed', () => {
    const bytes = Buffer.from('{"a":"ü✓"}');
    expect(parseJson(bytes)).toEqual({ kind: 'parsed', body: { a: 'ü✓' }, bytes });
  });

  it('leaves a byte order mark out of what it keeps', () => {
    const parsed = parseJson(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('[1]')]));
    expect(parsed).toEqual({ kind: 'parsed', body: [1], bytes: Buffer.from('[1]') });
  });

  it.each(['', '{', 'nil', '[1,]', "{'a':1}", 'NaN'])('refuses %j', (text) => {
    expect(kindOf(text)).toBe('invalid_json');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(kindOf(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toBe('invalid_json');
  });

  it('parses a hundred thousand levels and no more', () => {
    expect(kindOf('['.repeat(100_000) + ']'.repeat(100_000))).toBe('parsed');
    expect(kindOf('['.repeat(100_001) + ']'.repeat(100_001))).toBe('too_deep');
    expect(kindOf('{"a":'.repeat(100_001) + '1' + '}'.repeat(100_001))).toBe('too_deep');
    expect(kindOf('[{"a":'.repeat(50_001) + '1' + '}]'.repeat(50_001))).toBe('too_deep');
    expect(kindOf('['.repeat(5_000_000))).toBe('too_deep');
  });

  it('does not count brackets in texts', () => {
    expect(kindOf(JSON.stringify({ a: '['.repeat(300_000), b: '\\"{'.repeat(150_000) }))).toBe('parsed');
  });

  it('does not mistake many neighbours for depth', () => {
    expect(kindOf(`[${'[],{},'.repeat(200_000)}1]`)).toBe('parsed');
  });
});
