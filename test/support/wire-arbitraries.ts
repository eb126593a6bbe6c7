import fc from 'fast-check';
import type { Json, JsonObject } from '#canonical';

/** Names that trip careless code: inherited members, and names that `extras` uses itself. */
const TRICKY_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'item',
  'envelope',
  'sent_at',
  'timestamp',
  'event_name',
  'unique_id',
  'backfill',
  '$email',
  '$phone',
  '',
] as const;

const names = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom(...TRICKY_NAMES) },
);

/** An object as `JSON.parse` gives it: it may own a member called `__proto__`. Later entries win. */
export function objectOf(entries: Iterable<readonly [string, Json | undefined]>): JsonObject {
  return Object.fromEntries([...entries].filter(([, value]) => value !== undefined));
}

/** Any JSON value, a few levels deep. */
export const jsonValues: fc.Arbitrary<Json> = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), names),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(objectOf),
})).value;

export const jsonObjects: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(names, jsonValues), { maxLength: 5 })
  .map(objectOf);

/** Members that a wire object may carry beside its known ones. */
export function unknownMembers(known: Iterable<string>): fc.Arbitrary<JsonObject> {
  const taken = new Set(known);
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: jsonObjects.map((object) => objectOf(Object.entries(object).filter(([name]) => !taken.has(name)))),
    },
  );
}

/** A timestamp as a client may write it, and the same instant in canonical form. */
export interface WrittenTime {
  readonly text: string;
  readonly canonical: string;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** ISO 8601 between 1990 and 2090, with and without fraction and offset. */
export const writtenTimes: fc.Arbitrary<WrittenTime> = fc
  .record({
    seconds: fc.integer({ min: 631_152_000, max: 3_786_912_000 }),
    fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^[0-9]{1,9}$/)),
    offsetMinutes: fc.oneof(fc.constant(null), fc.integer({ min: -14 * 60, max: 14 * 60 })),
  })
  .map(({ seconds, fraction, offsetMinutes }) => {
    const digits = fraction.replace(/0+$/, '').padEnd(3, '0');
    const canonical = `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${digits}Z`;
    const written = fraction === '' ? '' : `.${fraction}`;
    const offset = offsetMinutes ?? 0;
    const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
    const sign = offset < 0 ? '-' : '+';
    const zone =
      offsetMinutes === null
        ? 'Z'
        : `${sign}${pad(Math.floor(Math.abs(offset) / 60), 2)}:${pad(Math.abs(offset) % 60, 2)}`;
    return { text: `${local}${written}${zone}`, canonical };
  });

/** What a value is after it went over the network. */
export function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
