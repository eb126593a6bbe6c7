import { formatInstant, isJsonObject, normalizeTimestamp } from '#canonical';
import type { CanonicalEvent, JsonObject } from '#canonical';
import type { StoredRequest } from '../dialect.js';
import { envelopeFromExtras, envelopeShares, fromExtras, toExtras, unknownMembers } from '../extras.js';
import { EVENT_MEMBERS, USER_MEMBERS } from './vibefollow.wire.js';
import type { VibeFollowEvent, VibeFollowUser } from './vibefollow.wire.js';

type Decoded = readonly (CanonicalEvent | undefined)[];

/** What a record does not know about itself. */
interface Origin {
  readonly id: string;
  readonly sourceId: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly own: JsonObject | undefined;
}

export function decodeSingleEvent(stored: StoredRequest): Decoded {
  return decodeRecords<VibeFollowEvent>(stored, [stored.body as VibeFollowEvent], undefined, decodeEvent);
}

export function decodeSingleUser(stored: StoredRequest): Decoded {
  return decodeRecords<VibeFollowUser>(stored, [stored.body as VibeFollowUser], undefined, decodeUser);
}

export function decodeEvents(stored: StoredRequest): Decoded {
  const body = stored.body as JsonObject & { readonly events: readonly VibeFollowEvent[] };
  return decodeRecords(stored, body.events, unknownMembers(body, EVENTS_MEMBER), decodeEvent);
}

export function decodeUsers(stored: StoredRequest): Decoded {
  const body = stored.body as JsonObject & { readonly users: readonly VibeFollowUser[] };
  return decodeRecords(stored, body.users, unknownMembers(body, USERS_MEMBER), decodeUser);
}

const EVENTS_MEMBER: ReadonlySet<string> = new Set(['events']);
const USERS_MEMBER: ReadonlySet<string> = new Set(['users']);

function decodeRecords<Item>(
  stored: StoredRequest,
  records: readonly Item[],
  envelope: JsonObject | undefined,
  decode: (record: Item, origin: Origin) => CanonicalEvent,
): Decoded {
  const receivedAt = formatInstant({ epochMs: stored.receivedAt, subMs: '' });
  const share = envelopeShares(envelope);
  let isFirst = true;
  return records.map((record, index) => {
    if (!stored.accepts(index)) return undefined;
    const kept = share(isFirst);
    isFirst = false;
    const own = kept && { envelope: kept };
    return decode(record, { id: stored.idAt(index), sourceId: stored.sourceId, receivedAt, own });
  });
}

function decodeEvent(item: VibeFollowEvent, { id, sourceId, receivedAt, own }: Origin): CanonicalEvent {
  const extras = toExtras(unknownMembers(item, EVENT_MEMBERS), own);
  return {
    id,
    type: 'track',
    event: item.name,
    user_id: item.external_user_id,
    anonymous_id: null,
    timestamp: (item.timestamp !== undefined && normalizeTimestamp(item.timestamp)) || receivedAt,
    received_at: receivedAt,
    properties: item.properties ?? {},
    source: { id: sourceId, dialect: 'vibefollow' },
    ...(extras && { extras }),
  };
}

function decodeUser(item: VibeFollowUser, { id, sourceId, receivedAt, own }: Origin): CanonicalEvent {
  const extras = toExtras(unknownMembers(item, USER_MEMBERS), own);
  return {
    id,
    type: 'identify',
    event: 'identify',
    user_id: item.external_user_id,
    anonymous_id: null,
    timestamp: receivedAt,
    received_at: receivedAt,
    properties: {},
    ...(item.email !== undefined && { identity: { email: item.email } }),
    ...(item.traits && { profile: { set: item.traits } }),
    source: { id: sourceId, dialect: 'vibefollow' },
    ...(extras && { extras }),
  };
}

/** An event as the three event endpoints take it. Events without a user are not VibeFollow's: `user_id` must be set. */
export function encodeEvent(event: CanonicalEvent): VibeFollowEvent {
  return {
    ...leftovers(event),
    external_user_id: userIdOf(event),
    name: event.event,
    properties: event.properties,
    timestamp: event.timestamp,
  };
}

/** An identify event as the two user endpoints take it. */
export function encodeUser(event: CanonicalEvent): VibeFollowUser {
  const email = event.identity?.email;
  const traits = event.profile?.set;
  return {
    ...leftovers(event),
    external_user_id: userIdOf(event),
    ...(email !== undefined && { email }),
    ...(traits && { traits }),
  };
}

export function encodeEvents(events: readonly CanonicalEvent[]): JsonObject {
  return { ...envelopeFromExtras(events.map(ownExtras)), events: events.map(encodeEvent) };
}

export function encodeUsers(events: readonly CanonicalEvent[]): JsonObject {
  return { ...envelopeFromExtras(events.map(ownExtras)), users: events.map(encodeUser) };
}

export function encodeSingle(encode: (event: CanonicalEvent) => JsonObject) {
  return (events: readonly CanonicalEvent[]): JsonObject => {
    const [event] = events;
    if (!event || events.length > 1) throw new RangeError(`This endpoint takes one record, not ${events.length}`);
    return encode(event);
  };
}

/** What other dialects leave in `extras` is theirs and stays out. */
function ownExtras(event: CanonicalEvent): JsonObject | undefined {
  return event.source.dialect === 'vibefollow' ? event.extras : undefined;
}

function leftovers(event: CanonicalEvent): JsonObject {
  return fromExtras(ownExtras(event));
}

function userIdOf({ id, user_id }: CanonicalEvent): string {
  if (user_id === null) throw new RangeError(`${id} has no user_id`);
  return user_id;
}

/** For the rejections list. */
export function itemOf(list: 'events' | 'users') {
  return (body: unknown, index: number): unknown => {
    const records = isJsonObject(body) ? body[list] : undefined;
    return Array.isArray(records) ? (records[index] as unknown) : undefined;
  };
}
