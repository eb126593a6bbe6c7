import fc from 'fast-check';
import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
import type { StoredRequest } from '../dialect.js';
import { checkBatch, checkSingle } from './flokit.adapter.js';
import { decodeBatch, decodeSingle, encodeBatch, encodeItem, encodeSingle } from './flokit.mapping.js';

/** A long run: `ROUND_TRIPS=1000000 npm run jest -- flokit.mapping`. */
const RUNS = Number(process.env.ROUND_TRIPS ?? 10_000);

function stored(body: unknown, refused: readonly number[] = []): StoredRequest {
  return {
    body,
    route: 'flokit.batch',
    headers: {},
    sourceId: 'src-1',
    receivedAt: Date.parse('2026-05-01T10:00:00.000Z'),
    accepts: (index) => !refused.includes(index),
    idAt: (index) => `evt_${String(index).padStart(20, '0')}`,
  };
}

/** One instant as a client may write it, and as the canonical event writes it. */
const timestamp = fc
  .record({
    ms: fc.integer({ min: Date.parse('1971-01-02T00:00:00Z'), max: Date.parse('2199-01-01T00:00:00Z') }),
    offsetMinutes: fc.option(fc.integer({ min: -12 * 60, max: 14 * 60 })),
    separator: fc.constantFrom('T', 't', ' '),
    extraDigits: fc.constantFrom('', '4', '456', '456789', '400'),
  })
  .map(({ ms, offsetMinutes, separator, extraDigits }) => {
    const local = new Date(ms + (offsetMinutes ?? 0) * 60_000).toISOString().slice(0, -1).replace('T', separator);
    const absolute = Math.abs(offsetMinutes ?? 0);
    const clock = [Math.floor(absolute / 60), absolute % 60].map((part) => String(part).padStart(2, '0')).join(':');
    const zone = offsetMinutes === null ? 'Z' : `${offsetMinutes < 0 ? '-' : '+'}${clock}`;
    const digits = extraDigits.replace(/0+$/, '');
    const canonical = `${new Date(ms).toISOString().slice(0, -1)}${digits}Z`;
    return { wire: `${local}${extraDigits.slice(0, 6)}${zone}`, canonical };
  });

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
/** Names that clash with ours, with the gateway's notes and with JavaScript's. */
const memberName = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    'revenue',
    'price',
    'currency',
    '__proto__',
    'constructor',
    'item',
    'envelope',
    'unique_id',
    'id',
    'source',
  ),
);
/** As it comes from the network: JSON.stringify knows no minus zero. */
const parsedAgain = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
const members = fc
  .array(fc.tuple(memberName, json), { maxLength: 5 })
  .map((entries) => parsedAgain(Object.fromEntries(entries)));
const ITEM_MEMBERS = new Set(['event', 'user_id', 'anonymous_id', 'timestamp', 'properties']);
const without = (object: JsonObject, names: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.has(name)));

const id = fc.oneof(fc.string({ minLength: 1 }), fc.constant(null), fc.constant(''), fc.constant(undefined));

/** A valid item, and what encode must make of it: the same, with what counts as missing left out. */
const item = fc
  .record({
    event: fc.string({ minLength: 1 }),
    userId: id,
    anonymousId: id,
    time: timestamp,
    properties: fc.option(members),
    unknown: members,
  })
  .filter(({ userId, anonymousId }) => Boolean(userId) || Boolean(anonymousId))
  .map(({ event, userId, anonymousId, time, properties, unknown }) => {
    const rest = without(unknown, ITEM_MEMBERS);
    const name = `x_${event}`;
    const wire = { ...rest, event: name, user_id: userId, anonymous_id: anonymousId, timestamp: time.wire, properties };
    const meant = {
      ...rest,
      event: name,
      ...(userId && { user_id: userId }),
      ...(anonymousId && { anonymous_id: anonymousId }),
      timestamp: time.canonical,
      ...(properties && Object.keys(properties).length > 0 && { properties }),
    };
    return { wire: parsedAgain(wire), meant: parsedAgain(meant) };
  });

describe('FloKit mapping', () => {
  it(`gives every one of ${RUNS} single events back as it was meant`, () => {
    fc.assert(
      fc.property(item, ({ wire, meant }) => {
        expect(checkSingle(wire)).toMatchObject({ kind: 'checked', rejected: [] });
        const events = decodeSingle(stored(wire)) as readonly CanonicalEvent[];
        expect(JSON.parse(JSON.stringify(encodeSingle(events)))).toEqual(meant);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives batches back with what stood beside the events', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 5 }), members, (items, envelope) => {
        const rest = without(envelope, new Set(['events']));
        const body: JsonObject = { ...rest, events: items.map(({ wire }) => wire) };
        expect(checkBatch(body)).toMatchObject({ kind: 'checked', rejected: [] });
        const events = decodeBatch(stored(body)) as readonly CanonicalEvent[];
        const encoded: unknown = JSON.parse(JSON.stringify(encodeBatch(events)));
        expect(encoded).toEqual({ ...rest, events: items.map(({ meant }) => meant) });
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps a big envelope once, with the first accepted event', () => {
    const valid = { event: 'x', user_id: 'u', timestamp: '2026-05-01T10:00:00Z' };
    const note = 'n'.repeat(5_000);
    const events = decodeBatch(stored({ events: [{}, valid, valid], note }, [0]));
    expect(events.map((event) => event?.extras)).toEqual([undefined, { envelope: { note } }, undefined]);
  });

  it('writes the amount of other dialects into properties, and keeps their extras out', () => {
    const event: CanonicalEvent = {
      id: 'evt_00000000000000000000',
      type: 'track',
      event: 'order_completed',
      user_id: null,
      anonymous_id: 'dv-5',
      timestamp: '2026-05-01T10:00:05.000Z',
      received_at: '2026-05-01T10:00:09.000Z',
      properties: { amount_cents: 1290 },
      value: { amount: 12.9, currency: 'EUR' },
      source: { id: 'app', dialect: 'kixo' },
      extras: { sent_at: '2026-05-01T10:00:09Z' },
    };
    expect(encodeItem(event)).toEqual({
      event: 'order_completed',
      anonymous_id: 'dv-5',
      timestamp: '2026-05-01T10:00:05.000Z',
      properties: { amount_cents: 1290, revenue: 12.9, currency: 'EUR' },
    });
    expect(encodeItem({ ...event, properties: { revenue: 'text', currency: 'USD' } })).toMatchObject({
      properties: { revenue: 'text', currency: 'USD' },
    });
  });

  it('encodes exactly one event for the single endpoint', () => {
    expect(() => encodeSingle([])).toThrow('/v1/events takes one event, not 0');
  });
});

describe('FloKit check', () => {
  const nearlyItem = fc.record(
    {
      event: fc.oneof(json, fc.constantFrom('paywall_viewed', 'refund_issued', 'x')),
      user_id: fc.oneof(json, fc.string()),
      anonymous_id: fc.oneof(json, fc.string()),
      timestamp: fc.oneof(json, fc.constant('2026-05-01T10:00:00Z'), fc.string()),
      properties: fc.oneof(json, members),
      other: json,
    },
    { requiredKeys: [] },
  );

  it(`judges ${RUNS} batches of anything without throwing, and accepts only what decodes`, () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(nearlyItem, json), { minLength: 1, maxLength: 4 }), (events) => {
        const checked = checkBatch({ events });
        if (checked.kind === 'refused') throw new Error('only an envelope may refuse the request');
        const refused = checked.rejected.map(({ index }) => index);
        expect(checked.total).toBe(events.length);
        expect(refused).toEqual([...new Set(refused)].sort((a, b) => a - b));
        for (const { detail } of checked.rejected) expect(detail).toMatch(/^(Missing required field|Invalid field): ./);
        for (const event of decodeBatch(stored({ events }, refused))) {
          if (event) expect([typeof event.event, isJsonObject(event.properties)]).toEqual(['string', true]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('takes any body at all', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(['checked', 'refused']).toContain(checkBatch(body).kind);
        expect(['checked', 'refused']).toContain(checkSingle(body).kind);
      }),
      { numRuns: RUNS },
    );
  });

  it('takes a thousand events and not one more', () => {
    const event = { event: 'x', user_id: 'u', timestamp: '2026-05-01T10:00:00Z' };
    const events = (count: number): readonly unknown[] => Array.from({ length: count }, () => event);
    expect(checkBatch({ events: events(1000) })).toEqual({ kind: 'checked', total: 1000, rejected: [] });
    expect(checkBatch({ events: events(1001) })).toMatchObject({ kind: 'refused', reply: { status: 400 } });
  });
});
