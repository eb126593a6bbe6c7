import type { Destination } from '#control-plane';
import { fromRanges } from '../segment/position-ranges.js';
import { attemptOf, stepFor } from './attempt.js';
import { newPart } from './plan.js';
import { nothing, reached } from './step.js';

const destination = { retry: { maxAttempts: 3, maxAgeSeconds: 60, minDelayMs: 10, maxDelayMs: 100 } } as Destination;
const moment = { now: 0, random: 0, refusals: 0 };

describe('a request that would be too large', () => {
  it.each([
    [461, 1_008_000, [231, 230]],
    [461, 1_999_000, [154, 154, 153]],
    [3, 1_000_001, [2, 1]],
    [2, 50_000_000, [1, 1]],
  ])('of %i events and %i bytes, where a million may be, is cut into %j', (count, bytes, expected) => {
    const all = Array.from({ length: count }, (_, i) => i);
    const sent = { kind: 'oversize', bytes, maxBytes: 1_000_000 } as const;
    const { parts, rejected } = stepFor(newPart('lane', all), sent, destination, moment);
    expect(parts.map(({ members }) => fromRanges(members).length)).toEqual(expected);
    expect(parts.flatMap(({ members }) => [...fromRanges(members)])).toEqual(all);
    expect(rejected).toEqual([]);
  });

  it('of a single event is given up', () => {
    const sent = { kind: 'oversize', bytes: 2_000_000, maxBytes: 1_000_000 } as const;
    const { parts, rejected, health } = stepFor(newPart('lane', [7]), sent, destination, moment);
    expect(parts).toEqual([]);
    expect(rejected).toMatchObject([{ member: 7, code: 'event_too_large' }]);
    expect(health).toEqual({ kind: 'unknown' });
  });
});

describe('an attempt', () => {
  const answered = { kind: 'answered', code: 'http_200', status: 200, body: '', tookMs: 1 } as const;
  const step = { ...nothing, parts: [], health: reached(moment) };

  it.each([
    ['all', { kind: 'delivered' as const }],
    ['those that it does not refuse by name', { kind: 'per_event' as const, outcomes: [] }],
  ])('tells that the destination counts fewer than %s', (_, answer) => {
    const interpretation = { ...answer, note: 'accepted 1 of 3', shortfall: 2 };
    const { attempt } = attemptOf({ ...answered, interpretation }, step, 'key', '0-2', 0);
    expect(attempt).toMatchObject({ note: 'accepted 1 of 3', shortfall: 2 });
  });
});
