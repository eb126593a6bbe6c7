import { acceptedCount, decodeSegment, encodeSegment, type SegmentRequest } from './segment-format.js';

const request = (body: string, base: number): SegmentRequest => ({
  requestId: 'req_1',
  sourceId: 'ios',
  dialect: 'flokit',
  route: 'flokit.batch',
  headers: { revision: '2026-07-15' },
  receivedAt: 1_790_000_000_000,
  base,
  total: 3,
  rejected: '1',
  body: Buffer.from(body),
});

describe('a stored segment', () => {
  it.each([
    ['small, kept as it is', '{"a":1}', 0],
    ['large, gzipped', `{"a":"${'x'.repeat(50_000)}"}`, 1],
  ])('gives back what was put in: %s', async (_, body, codec) => {
    const requests = [request(body, 0), request('[2]', 3)];
    const stored = await encodeSegment(requests);
    expect([stored[0], stored[1]]).toEqual([1, codec]);
    expect(await decodeSegment(stored)).toEqual(requests);
  });

  it('of another version is refused, not guessed at', async () => {
    await expect(decodeSegment(Buffer.from([9, 0, 0]))).rejects.toThrow('segment version 9');
  });

  it('knows how many events were accepted', () => {
    expect(acceptedCount(request('', 0))).toBe(2);
  });
});
