import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isJsonObject, type JsonObject } from '#canonical';
import {
  jsonObjects,
  jsonValues,
  objectOf,
  overTheWire,
  unknownMembers,
  writtenTimes,
} from '../../../../test/support/wire-arbitraries.js';
import type { IngestRoute, StoredRequest } from '../dialect.js';
import vibefollow from './vibefollow.dialect.js';
import { EVENT_MEMBERS, USER_MEMBERS } from './vibefollow.wire.js';

const RUNS = 2_500;
const RECEIVED_AT = '2026-05-01T10:00:00.000Z';

function routeOf(id: string): IngestRoute {
  const route = vibefollow.routes.find((one) => one.id === id);
  if (!route) throw new Error(`no route ${id}`);
  return route;
}

function stored(route: IngestRoute, body: unknown, refused: readonly number[] = []): StoredRequest {
  return {
    body,
    route: route.id,
    headers: {},
    sourceId: 'src-1',
    receivedAt: Date.parse(RECEIVED_AT),
    accepts: (index) => !refused.includes(index),
    idAt: (index) => `evt_${String(index).padStart(20, '0')}`,
  };
}

/** What comes back when a valid body is decoded and encoded again. */
function again(route: IngestRoute, body: unknown): unknown {
  const view = { requestId: 'req_1', path: route.path, query: {}, headers: {} };
  const checked = route.check(body, { request: view, receivedAt: Date.parse(RECEIVED_AT), bodyBytes: 2_000_000 });
  expect(checked).toMatchObject({ kind: 'checked', rejected: [] });
  const events = route.decode(stored(route, body)).filter((event) => event !== undefined);
  return overTheWire(route.encode(events));
}

const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined });

/** A record on the wire, and what it means. */
interface Pair {
  readonly wire: JsonObject;
  readonly meaning: JsonObject;
}

const events: fc.Arbitrary<Pair> = fc
  .tuple(texts, texts, maybe(jsonObjects), maybe(writtenTimes), unknownMembers(EVENT_MEMBERS))
  .map(([user, name, properties, time, unknown]) => {
    const ids: [string, string][] = [
      ['external_user_id', user],
      ['name', name],
    ];
    const rest = Object.entries(unknown);
    return {
      wire: objectOf([...ids, ['properties', properties], ['timestamp', time?.text], ...rest]),
      meaning: objectOf([
        ...ids,
        ['properties', properties ?? {}],
        ['timestamp', time?.canonical ?? RECEIVED_AT],
        ...rest,
      ]),
    };
  });

const users: fc.Arbitrary<Pair> = fc
  .tuple(texts, maybe(fc.emailAddress({ size: 'small' })), maybe(jsonObjects), unknownMembers(USER_MEMBERS))
  .filter(([, email]) => email === undefined || email.length <= 254)
  .map(([user, email, traits, unknown]) => {
    const wire = objectOf([
      ['external_user_id', user],
      ['email', email],
      ['traits', traits],
      ...Object.entries(unknown),
    ]);
    return { wire, meaning: wire };
  });

function lists(list: string, records: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  return fc.tuple(fc.array(records, { minLength: 1, maxLength: 4 }), unknownMembers([list])).map(([pairs, unknown]) => {
    const rest = Object.entries(unknown);
    return {
      wire: objectOf([[list, pairs.map(({ wire }) => wire)], ...rest]),
      meaning: objectOf([[list, pairs.map(({ meaning }) => meaning)], ...rest]),
    };
  });
}

function expectLossless(id: string, bodies: fc.Arbitrary<Pair>): void {
  const route = routeOf(id);
  const property = fc.property(bodies, ({ wire, meaning }) => {
    const result = again(route, overTheWire(wire));
    // Much faster than expect(), which still explains the one that fails.
    if (!isDeepStrictEqual(result, overTheWire(meaning))) expect(result).toEqual(overTheWire(meaning));
  });
  fc.assert(property, { numRuns: RUNS });
}

describe('VibeFollow in and out again loses nothing', () => {
  it('single events', () => expectLossless('vibefollow.event', events));
  it('batches', () => expectLossless('vibefollow.batch', lists('events', events)));
  it('bulk events', () => expectLossless('vibefollow.events_bulk', lists('events', events)));
  it('users', () => expectLossless('vibefollow.user', users));
  it('bulk users', () => expectLossless('vibefollow.users_bulk', lists('users', users)));
});

describe('decoding a list', () => {
  it('never fails on what the check has taken, however a record was mangled', () => {
    const route = routeOf('vibefollow.events_bulk');
    const mangled = fc.tuple(lists('events', events), fc.constantFrom(...EVENT_MEMBERS, 'more'), jsonValues);
    const property = fc.property(mangled, ([{ wire }, name, value]) => {
      const [first, ...others] = wire.events as readonly JsonObject[];
      const body = overTheWire({ ...wire, events: [{ ...first, [name]: value }, ...others] });
      const view = { requestId: 'req_1', path: route.path, query: {}, headers: {} };
      const checked = route.check(body, { request: view, receivedAt: 0, bodyBytes: 2_000_000 });
      if (checked.kind === 'refused') return;
      const refused = checked.rejected.map(({ index }) => index);
      const decoded = route.decode(stored(route, body, refused));
      expect(decoded.filter((event) => event !== undefined)).toHaveLength(checked.total - refused.length);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  it('keeps positions where records were refused', () => {
    const route = routeOf('vibefollow.events_bulk');
    const body = { events: [{ external_user_id: 'a', name: 'x' }, null, { external_user_id: 'b', name: 'y' }] };
    const decoded = route.decode(stored(route, body, [1]));
    expect(decoded.map((event) => event?.user_id)).toEqual(['a', undefined, 'b']);
    expect(decoded[2]?.id).toBe('evt_00000000000000000002');
  });
});

describe('encoding', () => {
  it('leaves what other dialects put into extras out', () => {
    const route = routeOf('vibefollow.batch');
    const [event] = route.decode(stored(route, { events: [{ external_user_id: 'a', name: 'x' }] }));
    if (!event) throw new Error('not decoded');
    const foreign = { ...event, source: { id: 's', dialect: 'flokit' }, extras: { note: 1, envelope: { z: 1 } } };
    expect(route.encode([foreign])).toEqual({
      events: [{ external_user_id: 'a', name: 'x', properties: {}, timestamp: RECEIVED_AT }],
    });
  });

  it('refuses an event without a user instead of inventing one', () => {
    const route = routeOf('vibefollow.event');
    const [event] = route.decode(stored(route, { external_user_id: 'a', name: 'x' }));
    if (!event) throw new Error('not decoded');
    expect(() => route.encode([{ ...event, user_id: null }])).toThrow('has no user_id');
    expect(() => route.encode([event, event])).toThrow('takes one record');
  });
});

describe('the list member of the body', () => {
  it('is found for the rejections list', () => {
    expect(routeOf('vibefollow.users_bulk').itemAt?.({ users: [1, { a: 2 }] }, 1)).toEqual({ a: 2 });
    expect(routeOf('vibefollow.users_bulk').itemAt?.([], 0)).toBeUndefined();
    expect(isJsonObject(routeOf('vibefollow.event').itemAt?.({ a: 1 }, 0))).toBe(true);
  });
});
