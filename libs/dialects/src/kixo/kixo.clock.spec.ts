import { normalizeTimestamp } from '#canonical';
import { correctedClock, parseSentAt } from './kixo.clock.js';

const RECEIVED_AT_MS = Date.parse('2026-05-01T10:00:00.000Z');

function corrected(timestamp: string, sentAt: string): string {
  const sent = parseSentAt(sentAt);
  const occurred = normalizeTimestamp(timestamp);
  if (!sent || !occurred) throw new Error('not a time');
  return correctedClock(sent, RECEIVED_AT_MS)(occurred);
}

describe('the corrected clock', () => {
  it.each([
    [
      'two hours ahead, 30 s before sending',
      '2026-05-01T11:59:30Z',
      '2026-05-01T12:00:00Z',
      '2026-05-01T09:59:30.000Z',
    ],
    ['two hours behind', '2026-05-01T07:59:30Z', '2026-05-01T08:00:00Z', '2026-05-01T09:59:30.000Z'],
    ['right', '2026-05-01T09:59:30Z', '2026-05-01T10:00:00Z', '2026-05-01T09:59:30.000Z'],
    [
      'digits below the millisecond stay',
      '2026-05-01T11:59:30.1234567Z',
      '2026-05-01T12:00:00Z',
      '2026-05-01T09:59:30.1234567Z',
    ],
    ['an event at sending', '2026-05-01T12:00:00Z', '2026-05-01T12:00:00Z', '2026-05-01T10:00:00.000Z'],
    ['a minute after sending is clamped', '2026-05-01T12:01:00Z', '2026-05-01T12:00:00Z', '2026-05-01T10:00:00.000Z'],
    [
      'later than that is taken as it is',
      '2026-05-01T12:01:00.001Z',
      '2026-05-01T12:00:00Z',
      '2026-05-01T12:01:00.001Z',
    ],
    ['before the year 0 is taken as it is', '0000-01-01T00:00:00Z', '9999-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ])('%s', (_, timestamp, sentAt, expected) => {
    expect(corrected(timestamp, sentAt)).toBe(expected);
  });

  it('moves every instant by the same time, over days and below 1970', () => {
    const sent = { epochMs: Date.parse('2026-05-01T12:34:56.789Z'), subMs: '' };
    const clock = correctedClock(sent, RECEIVED_AT_MS);
    for (let agoMs = 0; agoMs < 4e12; agoMs = agoMs * 3 + 7_777) {
      const occurredAt = new Date(sent.epochMs - agoMs).toISOString();
      expect(clock(occurredAt)).toBe(new Date(RECEIVED_AT_MS - agoMs).toISOString());
    }
  });

  it.each([undefined, null, 5, 'soon', '1777629609', '2026-02-30T00:00:00Z'])(
    'has nothing to go by in %j',
    (sentAt) => {
      expect(parseSentAt(sentAt)).toBeUndefined();
    },
  );
});
