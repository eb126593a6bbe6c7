import { SHARD_COUNT } from '../keys.js';
import { eventId, newSegmentId, parseEventId, shardOfSegment, timeOfSegment } from './segment-id.js';

describe('segment and event ids', () => {
  it('keep their shape: evt_ and 20 of [0-9a-z]', () => {
    expect(eventId('0mwp7rw5o006yo29d', 0)).toBe('evt_0mwp7rw5o006yo29d000');
    expect(eventId('0mwp7rw5o006yo29d', 46_655)).toBe('evt_0mwp7rw5o006yo29dzzz');
  });

  it('carry time, shard and position', () => {
    const now = Date.parse('2026-11-20T16:49:17.961Z');
    const segmentId = newSegmentId(15, now);
    expect(segmentId).toMatch(/^[0-9a-z]{17}$/);
    expect(shardOfSegment(segmentId)).toBe(15);
    expect(timeOfSegment(segmentId)).toBe(now);
    expect(parseEventId(eventId(segmentId, 1_234))).toEqual({ segmentId, position: 1_234 });
  });

  it('sort by time', () => {
    const early = newSegmentId(9, 1_000_000_000_000);
    const late = newSegmentId(0, 1_000_000_000_001);
    expect(early < late).toBe(true);
  });

  it('never repeat within a process', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newSegmentId(3, 1)));
    expect(ids.size).toBe(10_000);
  });

  it.each(['', 'evt_', 'evt_0MWP7RW5O006YO29D000', 'evt_0mwp7rw5ozz6yo29d000', `evt_${'0'.repeat(21)}`])(
    'knows what no segment can have given: %j',
    (id) => {
      expect(parseEventId(id)).toBeUndefined();
    },
  );

  it('has a shard digit for every shard', () => {
    expect(SHARD_COUNT).toBeLessThanOrEqual(36 ** 2);
  });
});
