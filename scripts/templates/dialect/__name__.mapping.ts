import { formatInstant, isJsonObject, normalizeTimestamp, type CanonicalEvent, type JsonObject } from '#canonical';
import type { StoredRequest } from '../dialect.js';
import { envelopeFromExtras, envelopeShares, fromExtras, toExtras, unknownMembers } from '../extras.js';
import type { WireBatch, WireItem } from './__name__.wire.js';

const ITEM_MEMBERS: ReadonlySet<string> = new Set(['event', 'user_id', 'timestamp', 'properties']);
const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set(['events']);

export function decodeBatch(stored: StoredRequest): readonly (CanonicalEvent | undefined)[] {
  // Only what check has accepted is stored.
  const body = stored.body as WireBatch;
  const envelopeOf = envelopeShares(unknownMembers(body, ENVELOPE_MEMBERS));
  let isFirst = true;
  return body.events.map((item, index) => {
    if (!stored.accepts(index)) return undefined;
    const envelope = envelopeOf(isFirst);
    isFirst = false;
    return decodeItem(item as WireItem, index, stored, envelope);
  });
}

function decodeItem(
  item: WireItem,
  index: number,
  stored: StoredRequest,
  envelope: JsonObject | undefined,
): CanonicalEvent {
  const receivedAt = formatInstant({ epochMs: stored.receivedAt, subMs: '' });
  const extras = toExtras(unknownMembers(item, ITEM_MEMBERS), envelope && { envelope });
  return {
    id: stored.idAt(index),
    type: 'track',
    event: item.event,
    user_id: item.user_id,
    anonymous_id: null,
    timestamp: normalizeTimestamp(item.timestamp) ?? receivedAt,
    received_at: receivedAt,
    properties: item.properties ?? {},
    source: { id: stored.sourceId, dialect: '__name__' },
    ...(extras && { extras }),
  };
}

export function encodeBatch(events: readonly CanonicalEvent[]): JsonObject {
  return { events: events.map(encodeItem), ...envelopeFromExtras(events.map(ownExtras)) };
}

function encodeItem(event: CanonicalEvent): JsonObject {
  return {
    event: event.event,
    ...(event.user_id !== null && { user_id: event.user_id }),
    timestamp: event.timestamp,
    ...(Object.keys(event.properties).length > 0 && { properties: event.properties }),
    ...fromExtras(ownExtras(event)),
  };
}

/** What other dialects leave in `extras` is theirs and stays out. */
function ownExtras({ source, extras }: CanonicalEvent): JsonObject | undefined {
  return source.dialect === '__name__' ? extras : undefined;
}

/** For the rejections list. */
export function itemOfBatch(body: unknown, index: number): unknown {
  return isJsonObject(body) && Array.isArray(body.events) ? (body.events[index] as unknown) : undefined;
}
