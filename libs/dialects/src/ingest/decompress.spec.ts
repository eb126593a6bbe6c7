import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { Decompressor, encodingOf } from './decompress.js';

const plain = Buffer.from('{"a":1}');

describe('Decompressor', () => {
  const decompressor = new Decompressor();

  it.each([
    ['gzip', gzipSync(plain)],
    ['x-gzip', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['deflate', deflateRawSync(plain)],
    ['br', brotliCompressSync(plain)],
  ])('undoes %s', async (encoding, bytes) => {
    expect(await decompressor.decompress(bytes, encoding, 100)).toEqual({ kind: 'decompressed', bytes: plain });
  });

  it.each([
    ['gzip', Buffer.from('plain')],
    ['gzip', Buffer.alloc(0)],
    ['gzip', gzipSync(plain).subarray(0, 12)],
    ['deflate', Buffer.from('plain')],
    ['br', Buffer.from('plain')],
  ])('refuses what is no %s', async (encoding, bytes) => {
    expect(await decompressor.decompress(bytes, encoding, 100)).toEqual({ kind: 'bad_encoding' });
  });

  it('stops at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect(await decompressor.decompress(bomb, 'gzip', 1000)).toEqual({ kind: 'too_large' });
  });

  it.each(['zstd', 'gzip, gzip', 'compress'])('does not know %s', async (encoding) => {
    expect(await decompressor.decompress(plain, encoding, 100)).toEqual({ kind: 'unsupported_encoding' });
  });

  it('gets through more bodies at once than it has places', async () => {
    const bodies = Array.from({ length: 50 }, (_, index) => gzipSync(Buffer.from(String(index))));
    const results = await Promise.all(bodies.map((body) => decompressor.decompress(body, 'gzip', 100)));
    const texts = results.map((result) => (result.kind === 'decompressed' ? result.bytes.toString() : result.kind));
    expect(texts).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
  });
});

describe('encodingOf', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    [' GZIP ', 'gzip'],
    ['gzip, br', 'gzip, br'],
  ])('%j is %j', (header, expected) => {
    expect(encodingOf(header)).toBe(expected);
  });
});
