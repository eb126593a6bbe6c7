import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { CanonicalEvent, Json, JsonObject } from '#canonical';
import {
  jsonObjects,
  jsonValues,
  objectOf,
  overTheWire,
  unknownMembers,
  writtenTimes,
} from '../../../../test/support/wire-arbitraries.js';
import type { StoredRequest } from '../dialect.js';
import { encodeBatch } from './kixo-encode.mapping.js';
import { checkBatch } from './kixo.adapter.js';
import { decodeBatch } from './kixo.mapping.js';

const RUNS = 10_000;
const RECEIVED_AT = '2026-05-01T10:00:10.000Z';

function stored(body: unknown, refused: readonly number[] = [], receivedAt = RECEIVED_AT): StoredRequest {
  return {
    body,
    route: 'kixo.batch',
    headers: {},
    sourceId: 'src-1',
    receivedAt: Date.parse(receivedAt),
    accepts: (index) => !refused.includes(index),
    idAt: () => 'unused',
  };
}

function decoded(body: unknown, refused: readonly number[] = [], receivedAt = RECEIVED_AT): readonly CanonicalEvent[] {
  return decodeBatch(stored(body, refused, receivedAt)).filter((event) => event !== undefined);
}

const item = (more: JsonObject = {}): JsonObject => ({
  event_type: 'tap',
  event_name: 'Buy',
  device_id: 'dv-5',
  session_id: 'ss-8',
  timestamp: '2026-05-01T10:00:05Z',
  ...more,
});
const body = (batch: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  bundle_id: 'org.sample.shop',
  platform: 'android',
  batch,
  ...more,
});

const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined });
const optionalTexts = fc.oneof({ weight: 3, arbitrary: maybe(texts) }, { weight: 1, arbitrary: jsonValues });

/** A part of a request on the wire, and what it means. */
interface Pair {
  readonly wire: JsonObject;
  readonly meaning: JsonObject;
}

/** What is written for a member that may be absent, null or of another type than a text. */
const notNull = (value: Json | undefined): Json | undefined => (value === null ? undefined : value);

const kinds = fc.oneof(
  fc.tuple(texts, texts),
  fc.constantFrom(
    ['session_start', ''],
    ['session_end', ''],
    ['identify', 'identify'],
    ['custom', 'identify'],
    ['identify', 'x'],
  ),
);
const EVENT_MEMBERS = [
  'event_type',
  'event_name',
  'device_id',
  'session_id',
  'timestamp',
  'properties',
  'user_id',
  'group_id',
  'sdk_version',
];
const ENVELOPE_MEMBERS = ['project_id', 'api_key', 'bundle_id', 'platform', 'environment', 'batch', 'sent_at'];

const events: fc.Arbitrary<Pair> = fc
  .record({
    kind: kinds,
    ids: fc.tuple(texts, texts),
    time: writtenTimes,
    properties: fc.oneof(maybe(jsonObjects), fc.constant(null)),
    optional: fc.tuple(optionalTexts, optionalTexts, optionalTexts),
    unknown: unknownMembers(EVENT_MEMBERS),
  })
  .map(
    ({ kind: [type, name], ids: [device, session], time, properties, optional: [user, group, version], unknown }) => {
      const isIdentify = type === 'identify' || name === 'identify';
      const shared: [string, Json | undefined][] = [
        ...Object.entries(unknown),
        ['event_type', type],
        ['event_name', name],
        ['device_id', device],
        ['session_id', session],
      ];
      const ends = (value: (one: Json | undefined) => Json | undefined): [string, Json | undefined][] => [
        ['user_id', value(user)],
        ['group_id', value(group)],
        ['sdk_version', value(version)],
      ];
      return {
        wire: objectOf([...shared, ['timestamp', time.text], ['properties', properties], ...ends((one) => one)]),
        meaning: objectOf([
          ...shared,
          ['timestamp', time.canonical],
          ['properties', properties ?? (isIdentify ? undefined : {})],
          ...ends(notNull),
        ]),
      };
    },
  );

const platforms = fc.constantFrom('ios', 'android', 'web');

const batches: fc.Arbitrary<Pair> = fc
  .record({
    app: fc.tuple(texts, platforms, fc.option(texts, { nil: undefined })),
    sentAt: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: jsonValues }),
    pairs: fc.array(events, { minLength: 1, maxLength: 4 }),
    version: maybe(texts.map((text) => `envelope ${text}`)),
    unknown: unknownMembers([...ENVELOPE_MEMBERS, 'sdk_version']),
  })
  .map(({ app: [bundle, platform, environment], sentAt, pairs, version, unknown }) => {
    const shared: [string, Json | undefined][] = [
      ...Object.entries(unknown),
      ['sdk_version', version],
      ['bundle_id', bundle],
      ['platform', platform],
    ];
    return {
      wire: objectOf([
        ...shared,
        ['project_id', 'kx_proj_x'],
        ['api_key', 'kx_key_x'],
        ['environment', environment],
        ['batch', pairs.map(({ wire }) => wire)],
        ['sent_at', sentAt],
      ]),
      meaning: objectOf([
        ...shared,
        ['environment', environment ?? 'production'],
        ['batch', pairs.map(({ meaning }) => meaning)],
        ['sent_at', notNull(sentAt)],
      ]),
    };
  });

describe('Kixo in and out again', () => {
  it('loses nothing', () => {
    const property = fc.property(batches, ({ wire, meaning }) => {
      const request = overTheWire(wire);
      expect(checkBatch(request)).toMatchObject({ kind: 'checked', rejected: [] });
      const result = overTheWire(encodeBatch(decoded(request)));
      if (!isDeepStrictEqual(result, overTheWire(meaning))) expect(result).toEqual(overTheWire(meaning));
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('gives the same events, ids included, whatever the clock said', () => {
    const times = fc.tuple(
      fc.array(fc.tuple(events, writtenTimes), { minLength: 1, maxLength: 4 }),
      maybe(writtenTimes),
    );
    const property = fc.property(times, ([pairs, sentAt]) => {
      const batch = pairs.map(([{ wire }, time]) => ({ ...wire, timestamp: time.text }));
      const first = decoded(overTheWire(body(batch, objectOf([['sent_at', sentAt?.text]]))));
      const second = decoded(overTheWire(encodeBatch(first)));
      if (!isDeepStrictEqual(overTheWire(second), overTheWire(first))) expect(second).toEqual(first);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('never fails on what the check has taken, however the request was mangled', () => {
    const mangled = fc.tuple(
      batches,
      fc.constantFrom(...ENVELOPE_MEMBERS),
      fc.constantFrom(...EVENT_MEMBERS),
      jsonValues,
    );
    const property = fc.property(mangled, fc.boolean(), ([{ wire }, member, name, value], inEnvelope) => {
      const [first, ...others] = wire.batch as readonly JsonObject[];
      const request = overTheWire(
        inEnvelope ? { ...wire, [member]: value } : { ...wire, batch: [{ ...first, [name]: value }, ...others] },
      );
      const checked = checkBatch(request);
      if (checked.kind === 'refused') return;
      const refused = checked.rejected.map(({ index }) => index);
      expect(decoded(request, refused)).toHaveLength(checked.total - refused.length);
    });
    fc.assert(property, { numRuns: 3_000 });
  });
});

describe('ids', () => {
  const ids = (...items: readonly JsonObject[]): readonly string[] => decoded(body(items)).map(({ id }) => id);

  it('are the same for the same bytes, whenever they arrive', () => {
    const [now] = ids(item());
    const [later] = decoded(body([item()]), [], '2026-05-02T10:00:10.000Z').map(({ id }) => id);
    expect(now).toMatch(/^evt_[0-9a-z]{20}$/);
    expect(later).toBe(now);
  });

  it('differ with every part of the content', () => {
    const variants = ids(
      item(),
      item({ event_type: 'click' }),
      item({ event_name: 'Sell' }),
      item({ device_id: 'dv-6' }),
      item({ session_id: 'ss-9' }),
      item({ timestamp: '2026-05-01T10:00:05.001Z' }),
      item({ properties: { a: 1 } }),
    );
    expect(new Set(variants).size).toBe(7);
    const elsewhere = decodeBatch({ ...stored(body([item()])), sourceId: 'src-2' });
    expect(variants).not.toContain(elsewhere[0]?.id);
  });

  it('number equal events of a request, and only those that were taken', () => {
    const [first, second] = ids(item(), item());
    expect(second).not.toBe(first);
    expect(decoded(body([item(), item()]), [0]).map(({ id }) => id)).toEqual([first]);
  });
});
