import fc from 'fast-check';
import type { JsonObject } from '#canonical';
import { jobs } from './klaviyo-requests.js';
import { jsonObjects, unknownMembers, writtenTimes } from './wire-arbitraries.js';

/** A body that a route of a dialect might be sent; most are taken, and some are faulty. */
export interface DialectRequest {
  readonly route: string;
  readonly body: JsonObject;
}

const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const times = writtenTimes.map(({ text }) => text);
const emails = fc.constantFrom('lee@sample.test', 'ana.m+tag@mail.sample.test');
const phones = fc.constantFrom('+12345678901', '+4915112345678');

/** Few names, so that several requests are of the same one. */
const few = fc.constantFrom('a', 'b', 'toString');

const withUnknowns = (known: fc.Arbitrary<JsonObject>, names: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.tuple(unknownMembers(names), known).map(([unknown, members]) => ({ ...unknown, ...members }));

const record = (
  members: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  required: readonly string[],
): fc.Arbitrary<JsonObject> =>
  withUnknowns(fc.record(members, { requiredKeys: [...required] }) as fc.Arbitrary<JsonObject>, Object.keys(members));

const listOf = (name: string, element: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  record({ [name]: fc.array(element, { minLength: 1, maxLength: 4 }) }, [name]);

const through = (route: string, bodies: fc.Arbitrary<JsonObject>): fc.Arbitrary<DialectRequest> =>
  bodies.map((body) => ({ route, body }));

const amounts = fc
  .record(
    { revenue: fc.integer(), amount_cents: fc.integer(), currency: fc.constantFrom('EUR', 'usd') },
    { requiredKeys: [] },
  )
  .map((members) => ({ ...members }));
const properties = fc.oneof(
  jsonObjects,
  fc.tuple(jsonObjects, amounts).map(([any, some]) => ({ ...any, ...some })),
);

const flokit = record({ event: texts, user_id: few, anonymous_id: texts, timestamp: times, properties }, [
  'event',
  'user_id',
  'timestamp',
]);
const vibefollowEvent = record({ external_user_id: few, name: few, properties, timestamp: times }, [
  'external_user_id',
  'name',
]);
const vibefollowUser = record({ external_user_id: few, email: emails, traits: jsonObjects }, ['external_user_id']);
const kixoEvent = record(
  {
    event_type: fc.constantFrom('tap', 'custom', 'session_start', 'identify'),
    event_name: fc.oneof(texts, fc.constantFrom('', 'identify')),
    device_id: few,
    session_id: texts,
    timestamp: times,
    properties: fc.oneof(
      properties,
      fc.tuple(jsonObjects, emails, phones).map(([any, $email, $phone]) => ({ ...any, $email, $phone })),
    ),
    user_id: texts,
    group_id: texts,
    sdk_version: fc.constantFrom('4.1.0', '4.2.0'),
  },
  ['event_type', 'event_name', 'device_id', 'session_id', 'timestamp'],
);
const kixoBatch = record(
  {
    project_id: fc.constant('kx_proj_1'),
    bundle_id: fc.constantFrom('org.sample.shop', 'org.sample.blog'),
    platform: fc.constantFrom('ios', 'android', 'web'),
    environment: fc.constantFrom('production', 'staging'),
    sent_at: times,
    sdk_version: fc.constantFrom('4.1.0', '4.2.0'),
    batch: fc.array(kixoEvent, { maxLength: 4 }),
  },
  ['bundle_id', 'platform', 'batch'],
);

export const dialectRequests: Readonly<Record<string, fc.Arbitrary<DialectRequest>>> = {
  flokit: fc.oneof(through('flokit.batch', listOf('events', flokit)), through('flokit.single', flokit)),
  vibefollow: fc.oneof(
    through('vibefollow.events_bulk', listOf('events', vibefollowEvent)),
    through('vibefollow.batch', listOf('events', vibefollowEvent)),
    through('vibefollow.users_bulk', listOf('users', vibefollowUser)),
    through('vibefollow.user', vibefollowUser),
  ),
  kixo: through('kixo.batch', kixoBatch),
  klaviyo: through('klaviyo.job', jobs),
};
