import type { Destination } from '#control-plane';
import { markOf } from './asks-another.js';
import { heldBy, readStats } from './destination-stats.js';

const NOW = Date.parse('2026-05-01T10:00:00Z');
const soon = String(NOW + 60_000);

const destination = {
  config: { url: 'https://example.com/' },
  credentials: {},
} as unknown as Destination;

describe('heldBy', () => {
  it('of a rest that a former address asked for is nothing', () => {
    const rest = { holdUntil: soon, holdOf: markOf(destination) };
    const moved = { ...destination, config: { url: 'https://example.org/' } };
    expect(heldBy(rest, destination, NOW)).toBe('retry_after: 2026-05-01T10:01:00.000Z');
    expect(heldBy(rest, moved, NOW)).toBeNull();
  });

  it.each([
    [{}, null, null],
    [{ holdUntil: String(NOW) }, null, null],
    [{ holdUntil: soon }, null, 'retry_after: 2026-05-01T10:01:00.000Z'],
    [{ breakerCode: 'http_401' }, null, 'breaker: http_401'],
    [{ breakerCode: 'http_401', holdUntil: soon }, null, 'retry_after: 2026-05-01T10:01:00.000Z'],
    [{ holdUntil: soon, deadFull: '1' }, null, 'dead_letters_full'],
    [{ deadFull: '0' }, null, null],
    [{ deadFull: '1' }, 'admin' as const, 'paused: admin'],
    [{}, 'credentials_missing' as const, 'paused: credentials_missing'],
  ])('of %j, paused %j, is %j', (state, paused, expected) => {
    expect(heldBy(state, { ...destination, paused }, NOW)).toBe(expected);
  });
});

describe('readStats', () => {
  it('says what holds a destination whose breaker is closed', () => {
    expect(readStats({ pending: '1', holdUntil: soon }, undefined, NOW)).toMatchObject({
      waiting: 1,
      breaker: { state: 'closed' },
      heldBy: 'retry_after: 2026-05-01T10:01:00.000Z',
    });
  });
});
