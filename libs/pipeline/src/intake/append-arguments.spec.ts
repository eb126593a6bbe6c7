import { appendArguments, idempotencyKey, place, repeatOf } from './append-arguments.js';
import type { IntakeRequest } from './append-request.js';

describe("an idempotency key's name in Redis", () => {
  it.each([
    ['flokit.batch:night-sync-0412', 'gw:{s3}:idem:bm3qljH_qpO7eIf2WL1oO6En'],
    [`flokit.batch:${'k'.repeat(15_000)}`, 'gw:{s3}:idem:lP-k4ixcok7DkPXU1bVuA9Ko'],
  ])('is as short for a long key as for a short one, and stays what it was', (key, expected) => {
    expect(idempotencyKey(3, { sourceId: 'src-1', idempotency: { key } })).toBe(expected);
  });
});

describe('what is kept with an idempotency key', () => {
  const request = (rejected: IntakeRequest['checked']['rejected']): IntakeRequest => ({
    requestId: 'req_1',
    sourceId: 'src-1',
    dialect: 'vibefollow',
    route: 'vibefollow.users_bulk',
    headers: {},
    receivedAt: 1,
    body: Buffer.alloc(0),
    checked: { kind: 'checked', total: 1_000, rejected, naturalKeys: ['not kept'] },
    idempotency: { key: 'k', bodyDigest: 'd' },
  });
  const recordOf = (one: IntakeRequest): string => {
    const segment = { header: 'header', bodies: Buffer.alloc(0) };
    const { values } = appendArguments(3, '00000000000000000', segment, place([one]), 1, 2);
    return String(values.find((value) => typeof value === 'string' && value.startsWith('{')));
  };
  const missing = { code: 'validation_error', detail: 'required', pointer: 'external_id' };

  it('is small where the same is said of a thousand events', () => {
    const rejected = Array.from({ length: 1_000 }, (_, index) => ({ index, ...missing }));
    const record = recordOf(request(rejected));
    expect(record.length).toBeLessThan(350);
    expect(repeatOf(record, 'd')).toMatchObject({ checked: { kind: 'checked', total: 1_000, rejected } });
  });

  it('gives each event back what was said of it, in their order', () => {
    const rejected = [0, 3, 4, 7, 8].map((index) => ({ index, ...missing, ...(index % 2 === 1 && { name: 'odd' }) }));
    const record = recordOf(request(rejected));
    expect(repeatOf(record, 'd')).toMatchObject({
      kind: 'repeated',
      route: 'vibefollow.users_bulk',
      checked: { rejected },
    });
    expect(repeatOf(record, 'another body')).toEqual({ kind: 'conflict' });
    expect(record).not.toContain('not kept');
  });

  it('is read as earlier releases wrote it', () => {
    const checked = { kind: 'checked', total: 2, rejected: [{ index: 1, ...missing }] };
    const record = JSON.stringify({ v: 1, segmentId: '00000000000000000', base: 5, checked });
    expect(repeatOf(record, undefined)).toMatchObject({ kind: 'repeated', checked });
  });
});

describe('a natural key', () => {
  const digestsOf = (keys: readonly string[]): readonly unknown[] => {
    const request: IntakeRequest = {
      requestId: 'req_1',
      sourceId: 'src-1',
      dialect: 'vibefollow',
      route: 'vibefollow.events_bulk',
      headers: {},
      receivedAt: 1,
      body: Buffer.alloc(0),
      checked: { kind: 'checked', total: keys.length, rejected: [], naturalKeys: keys },
    };
    const segment = { header: 'header', bodies: Buffer.alloc(0) };
    const { values } = appendArguments(3, '00000000000000000', segment, place([request]), 1, 2);
    return values.slice(-2 * keys.length).filter((_, i) => i % 2 === 1);
  };

  it('is as short as what it is of, and stays what it was', () => {
    expect(digestsOf(['u-1 viewed 2026', 'größe'])).toEqual(['gVXnHGHRHDRg', '3w1tlEjetuhn']);
  });

  it('is another for another half of a surrogate pair: as UTF-8 they are the same', () => {
    expect(new Set(digestsOf(['x\ud800', 'x\ud801', 'x\ufffd'])).size).toBe(3);
  });
});
