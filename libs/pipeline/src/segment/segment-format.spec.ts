import { encodeSegment, liveRanges, readBodies, readHeader, type RequestHeader } from './segment-format.js';

const request = (bytes: number, base: number): RequestHeader => ({
  requestId: 'req_1',
  sourceId: 'ios',
  dialect: 'flokit',
  route: 'flokit.batch',
  headers: { revision: '2026-07-15' },
  receivedAt: 1_790_000_000_000,
  base,
  total: 4,
  rejected: '1',
  bytes,
});

describe('a stored segment', () => {
  it.each([
    ['small, kept as it is', '{"a":1}', 0],
    ['large, gzipped', `{"a":"${'x'.repeat(50_000)}"}`, 1],
  ])('gives back what was put in: %s', async (_, text, codec) => {
    const bodies = [Buffer.from(text), Buffer.from('[2]')];
    const requests = [request(text.length, 0), request(3, 4)];
    const stored = await encodeSegment(requests, bodies);
    expect(stored.bodies[0]).toBe(codec);
    const header = readHeader(stored.header);
    expect(header.requests).toEqual(requests);
    expect((await readBodies(header, stored.bodies)).map(String)).toEqual(bodies.map(String));
  });

  it('names what requests have in common once', async () => {
    const other = { ...request(9, 4), sourceId: 'web', headers: {} };
    const { header } = await encodeSegment([request(7, 0), other, request(3, 8)], []);
    expect(header).toBe(
      '{"v":2,"origins":[["ios","flokit","flokit.batch",{"revision":"2026-07-15"}],["web","flokit","flokit.batch",{}]],' +
        '"requests":[[0,"req_1",1790000000000,4,"1",7],[1,"req_1",1790000000000,4,"1",9],[0,"req_1",1790000000000,4,"1",3]]}',
    );
    expect(readHeader(header).requests).toEqual([request(7, 0), other, request(3, 8)]);
  });

  it('keeps the span of a request that has one', async () => {
    const traced = { ...request(7, 0), traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    const { header } = await encodeSegment([traced, request(3, 4)], []);
    expect(readHeader(header).requests).toEqual([traced, request(3, 4)]);
  });

  it('tells which requests an erasure has rewritten, to releases that know of that', async () => {
    const rewritten = { ...request(3, 4), form: 'canonical' } as const;
    const { header } = await encodeSegment([request(7, 0), rewritten], []);
    expect(header).toMatch(/^\{"v":3,.*,"canonical":\[1\]\}$/);
    expect(readHeader(header).requests).toEqual([request(7, 0), rewritten]);
  });

  it('of version 1 is read as it was written', () => {
    const stored = JSON.stringify({ v: 1, requests: [request(7, 0), request(3, 4)] });
    expect(readHeader(stored).requests).toEqual([request(7, 0), request(3, 4)]);
  });

  it('of another version is refused, not guessed at', () => {
    expect(() => readHeader('{"v":9,"requests":[]}')).toThrow('segment version 9');
  });

  it('knows which positions are to be delivered: neither refused nor repeated', () => {
    expect(liveRanges(request(0, 10), new Set([13]))).toBe('10,12');
    expect(liveRanges({ ...request(4, 10), rejected: '' }, new Set())).toBe('10-13');
    expect(liveRanges({ ...request(0, 10), rejected: '', total: 1 }, new Set())).toBe('10');
    expect(liveRanges({ ...request(0, 10), rejected: '', total: 0 }, new Set())).toBe('');
  });
});
