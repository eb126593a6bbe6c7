import type { CanonicalEvent } from '#canonical';
import fc from 'fast-check';
import { eventsBody } from './event-json.js';

const event = (n: number): CanonicalEvent => ({
  id: `evt_${n}`,
  type: 'track',
  event: 'opened “ä”',
  user_id: 'u-1',
  anonymous_id: null,
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:05.000Z',
  properties: {},
  source: { id: 's', dialect: 'flokit' },
});

describe('the body of a webhook request', () => {
  it('is what JSON.stringify makes of its events, however earlier requests were cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.tuple(fc.nat(299), fc.nat(299)), { minLength: 1, maxLength: 12 }),
        (count, cuts) => {
          const events = Array.from({ length: count }, (_, n) => event(n));
          for (const [a, b] of cuts) {
            const cut = events.slice(Math.min(a, b), Math.max(a, b) + 1);
            expect(eventsBody(cut).toString()).toBe(JSON.stringify({ events: cut }));
          }
        },
      ),
    );
  });

  it('follows which events are left, not which were there before', () => {
    const events = Array.from({ length: 100 }, (_, n) => event(n));
    eventsBody(events);
    const left = events.filter((_, n) => n % 3 !== 1);
    expect(eventsBody(left).toString()).toBe(JSON.stringify({ events: left }));
    expect(eventsBody([...events].reverse()).toString()).toBe(JSON.stringify({ events: [...events].reverse() }));
  });
});
