import fc from 'fast-check';
import { SHARD_COUNT } from '../keys.js';
import { NEWEST, readEventsCursor, writeEventsCursor, type EventsCursor } from './events-cursor.js';

const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('the cursor of recent events', () => {
  it('has a form of its own', () => {
    expect(Buffer.from(writeEventsCursor(NEWEST), 'base64url').toString()).toBe('1:...............:');
    const ends = NEWEST.ends.map((_, shard) => (shard === 1 ? 36 : undefined));
    const text = '1:.10..............:1.z';
    expect(writeEventsCursor({ ends, partial: { shard: 1, before: 35 } })).toBe(encoded(text));
  });

  it('is read as it was written', () => {
    const end = fc.option(fc.nat(Number.MAX_SAFE_INTEGER), { nil: undefined });
    const partial = fc.record({ shard: fc.nat(SHARD_COUNT - 1), before: fc.integer({ min: 1, max: 46_656 }) });
    const cursors = fc.record(
      { ends: fc.array(end, { minLength: SHARD_COUNT, maxLength: SHARD_COUNT }), partial },
      { requiredKeys: ['ends'] },
    );
    fc.assert(
      fc.property(cursors, (cursor: EventsCursor) => {
        expect(readEventsCursor(writeEventsCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  it.each([
    '',
    'x',
    '%%%',
    encoded('2:...............:'),
    encoded('1:..............:'),
    encoded('1:...............:1'),
    encoded('1:00...............:'),
    encoded('1:-1...............:'),
  ])('refuses %j', (cursor) => {
    expect(() => readEventsCursor(cursor)).toThrow('/cursor: must be the nextCursor of an earlier answer');
  });
});
