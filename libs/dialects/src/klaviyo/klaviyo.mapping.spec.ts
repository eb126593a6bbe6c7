import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { CanonicalEvent, Json } from '#canonical';
import { envelopeMeaning, meaning, type Layout } from '../../../../test/support/klaviyo-meaning.js';
import { clientBulks, jobs, singles } from '../../../../test/support/klaviyo-requests.js';
import { jsonValues, overTheWire } from '../../../../test/support/wire-arbitraries.js';
import type { IngestRoute } from '../dialect.js';
import klaviyo from './klaviyo.dialect.js';

const RUNS = 10_000;
const MUTATIONS = 6_000;
const RECEIVED_AT = Date.parse('2026-06-01T10:00:00.789Z');

function routeOf(id: string): IngestRoute {
  const route = klaviyo.routes.find((one) => one.id === id);
  if (!route) throw new Error(`no route ${id}`);
  return route;
}

const idAt = (index: number): string => `evt_${String(index).padStart(20, '0')}`;
const MEANING = { receivedAt: '2026-06-01T10:00:00.000Z', idAt };

/** Before 2025-01-15 a repeated unique_id was no fault: generated ids may repeat. */
function check(route: IngestRoute, body: unknown) {
  const request = { requestId: 'req_1', path: route.path, query: {}, headers: { revision: '2024-10-15' } };
  return route.check(body, { request, receivedAt: RECEIVED_AT, bodyBytes: 2_000_000 });
}

function decode(
  route: IngestRoute,
  body: unknown,
  accepts: (index: number) => boolean = () => true,
): readonly CanonicalEvent[] {
  const stored = { body, route: route.id, headers: {}, sourceId: 'src-1', receivedAt: RECEIVED_AT };
  const events = route.decode({ ...stored, accepts, idAt });
  return events.filter((event) => event !== undefined);
}

/** Jest's own comparison is slow; it is asked for the difference only. */
function expectSame(received: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(received, expected)) expect(received).toStrictEqual(expected);
}

function expectRoundTrip(route: IngestRoute, layout: Layout, sent: Json): void {
  const events = decode(route, sent);
  const encoded = overTheWire(route.encode(events)) as Json;
  expectSame(meaning(encoded, layout, MEANING), meaning(sent, layout, MEANING));
  expectSame(envelopeMeaning(encoded, layout), envelopeMeaning(sent, layout));
  expectSame(decode(route, encoded), events);
}

/** Every place in a JSON document, outermost first. */
function placesOf(value: Json | undefined, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name]))];
}

/** The document with something else at one place; undefined takes the member out. */
function mutated(value: Json, [name, ...deeper]: readonly string[], replacement: Json | undefined): Json {
  if (name === undefined || typeof value !== 'object' || value === null) return replacement ?? null;
  const entries = Object.entries(value).flatMap(([own, member]): [string, Json | undefined][] => {
    if (own !== name) return [[own, member]];
    if (deeper.length > 0) return [[own, mutated(member ?? null, deeper, replacement)]];
    return replacement === undefined ? [] : [[own, replacement]];
  });
  return Array.isArray(value) ? entries.map(([, member]) => member ?? null) : Object.fromEntries(entries);
}

describe('an item with a large profile', () => {
  const profile = { data: { type: 'profile', id: '01G', attributes: { properties: { bio: 'x'.repeat(9000) } } } };
  const metric = { data: { type: 'metric', attributes: { name: 'Viewed' } } };
  const event = { type: 'event', attributes: { metric, properties: {} } };
  const item = { type: 'event-bulk-create', attributes: { profile, events: { data: [event, event, event] } } };

  it.each([
    [
      'klaviyo.job',
      { data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data: [item] } } } },
    ],
    ['klaviyo.client_bulk', { data: item }],
  ])('does not multiply it over its events by %s', (id, body) => {
    const events = decode(routeOf(id), body);
    expect(events.map(({ identity }) => identity)).toEqual([
      { vendor_profile_id: '01G' },
      { vendor_profile_id: '01G' },
      { vendor_profile_id: '01G' },
    ]);
    expect(events.map(({ profile: change }) => JSON.stringify(change ?? null).length)).toEqual([9033, 4, 4]);
    expect(decode(routeOf(id), overTheWire(routeOf(id).encode(events)))).toEqual(events);
  });
});

describe('what is said once of several events', () => {
  const profile = {
    type: 'profile',
    id: '01G',
    attributes: { properties: { bio: 'x'.repeat(9000) } },
    meta: { patch_properties: { unset: 'plan' } },
  };
  const metric = { data: { type: 'metric', attributes: { name: 'Viewed' } } };
  const event = { type: 'event', attributes: { metric } };
  const item = {
    type: 'event-bulk-create',
    colour: 'blue',
    attributes: { profile: { data: profile }, events: { data: [event, event, event] } },
  };
  const note = 'x'.repeat(3000);

  /** What each event carries of it, by its position in the request. */
  const carriedBy = (events: readonly CanonicalEvent[]) =>
    events.map(({ id, profile: change, extras }) => [
      Number(id.slice(-2)),
      change && Object.keys(change),
      extras && Object.keys(extras),
    ]);

  it.each([
    [[0, 1, 2], 0],
    [[1, 2], 1],
    [[2], 2],
  ])('goes to the first accepted one: of a client request, of %j', (accepted, first) => {
    const events = decode(routeOf('klaviyo.client_bulk'), { data: item, note }, (index) => accepted.includes(index));
    expect(carriedBy(events)).toEqual(
      accepted.map((index) =>
        index === first ? [index, ['set', 'unset'], ['item', 'envelope']] : [index, undefined, undefined],
      ),
    );
  });

  it.each([
    [[0, 3], { 0: ['item', 'envelope'], 3: ['item'] }],
    [[2, 4, 5], { 2: ['item', 'envelope'], 4: ['item'] }],
    [[4, 5], { 4: ['item', 'envelope'] }],
    [[] as number[], {}],
  ])('goes to the first accepted one: of a job with two items, of %j', (accepted, extras) => {
    const attributes = { 'events-bulk-create': { data: [item, item] } };
    const body = { data: { type: 'event-bulk-create-job', attributes }, note };
    const events = decode(routeOf('klaviyo.job'), body, (index) => accepted.includes(index));
    const found = carriedBy(events).flatMap(([index, , names]) => (names ? [[index, names]] : []));
    expect(events).toHaveLength(accepted.length);
    expect(Object.fromEntries(found) as unknown).toEqual(extras);
  });
});

describe('a route that takes less than is to be sent', () => {
  const track = (id: string, user_id: string): CanonicalEvent => ({
    id,
    type: 'track',
    event: 'Viewed',
    user_id,
    anonymous_id: null,
    timestamp: '2026-06-01T10:00:00.000Z',
    received_at: '2026-06-01T10:00:00.000Z',
    properties: {},
    source: { id: 'src-1', dialect: 'flokit' },
  });

  it('says so instead of sending a part', () => {
    const two = [track('evt_1', 'a'), track('evt_2', 'b')];
    expect(() => routeOf('klaviyo.single').encode(two)).toThrow(RangeError);
    expect(() => routeOf('klaviyo.client_bulk').encode(two)).toThrow(RangeError);
    expect(() => routeOf('klaviyo.client_bulk').encode([])).toThrow(RangeError);
  });
});

const cases = [
  { id: 'klaviyo.job', layout: 'job', bodies: jobs },
  { id: 'klaviyo.single', layout: 'single', bodies: singles },
  { id: 'klaviyo.client_bulk', layout: 'bulk', bodies: clientBulks },
  { id: 'klaviyo.client_single', layout: 'single', bodies: singles },
] as const;

describe.each(cases)('$id', ({ id, layout, bodies }) => {
  const route = routeOf(id);

  it('says the same after decode and encode', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const sent = overTheWire(body) as Json;
        const checked = check(route, sent);
        if (checked.kind !== 'checked') throw new Error(JSON.stringify(checked.rejected));
        expectRoundTrip(route, layout, sent);
      }),
      { numRuns: RUNS / cases.length },
    );
  });

  it("refuses a mutated request in the vendor's shape, or loses nothing of it", () => {
    const replacements = fc.option(jsonValues, { nil: undefined });
    fc.assert(
      fc.property(bodies, fc.nat(), replacements, (body, place, replacement) => {
        const valid = overTheWire(body) as Json;
        const places = placesOf(valid);
        const sent = overTheWire(mutated(valid, places[place % places.length] ?? [], replacement)) as Json;
        const checked = check(route, sent);
        if (checked.kind === 'checked') return expectRoundTrip(route, layout, sent);
        const { errors } = JSON.parse(checked.reply.body) as { errors: { source: { pointer: string } }[] };
        expectSame(errors.length, checked.rejected.length);
        if (!errors.every(({ source }) => source.pointer.startsWith('/data'))) throw new Error(checked.reply.body);
      }),
      { numRuns: MUTATIONS / cases.length },
    );
  });
});
