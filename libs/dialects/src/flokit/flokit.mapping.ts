import {
  formatInstant,
  isJsonObject,
  normalizeTimestamp,
  type CanonicalEvent,
  type EventValue,
  type Json,
  type JsonObject,
} from '#canonical';
import type { StoredRequest } from '../dialect.js';
import { envelopeFromExtras, envelopeShares, fromExtras, toExtras, unknownMembers } from '../extras.js';
import { saysNothing } from '../outgoing.js';
import { FLOKIT_TAXONOMY } from './flokit.taxonomy.js';
import type { FlokitBatch, FlokitItem } from './flokit.wire.js';

const ITEM_MEMBERS: ReadonlySet<string> = new Set(['event', 'user_id', 'anonymous_id', 'timestamp', 'properties']);
const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set(['events']);

export function decodeBatch(stored: StoredRequest): readonly (CanonicalEvent | undefined)[] {
  const body = stored.body as FlokitBatch & JsonObject;
  const receivedAt = receiptTime(stored);
  const envelopeOf = envelopeShares(unknownMembers(body, ENVELOPE_MEMBERS));
  const source = sourceOf(stored);
  let isFirst = true;
  return body.events.map((item, index) => {
    if (!stored.accepts(index)) return undefined;
    const envelope = envelopeOf(isFirst);
    isFirst = false;
    return decodeItem(item as FlokitItem, index, stored, receivedAt, source, envelope);
  });
}

export function decodeSingle(stored: StoredRequest): readonly (CanonicalEvent | undefined)[] {
  if (!stored.accepts(0)) return [undefined];
  return [decodeItem(stored.body as FlokitItem, 0, stored, receiptTime(stored), sourceOf(stored))];
}

/** One for all events of a request. */
const sourceOf = ({ sourceId }: StoredRequest): CanonicalEvent['source'] => ({ id: sourceId, dialect: 'flokit' });

function receiptTime(stored: StoredRequest): string {
  return formatInstant({ epochMs: stored.receivedAt, subMs: '' });
}

function decodeItem(
  item: FlokitItem,
  index: number,
  stored: StoredRequest,
  receivedAt: string,
  source: CanonicalEvent['source'],
  envelope?: JsonObject,
): CanonicalEvent {
  const properties = item.properties ?? {};
  const value = valueOf(properties);
  const extras = toExtras(unknownMembers(item, ITEM_MEMBERS), envelope && { envelope });
  return {
    id: stored.idAt(index),
    type: 'track',
    event: item.event,
    user_id: item.user_id || null,
    anonymous_id: item.anonymous_id || null,
    timestamp: normalizeTimestamp(item.timestamp) ?? receivedAt,
    received_at: receivedAt,
    properties,
    ...(value && { value }),
    source,
    ...(extras && { extras }),
  };
}

/** Amounts are in major units under `revenue`, or `price` in the older taxonomy; both stay in `properties` as well. */
function valueOf(properties: JsonObject): EventValue | undefined {
  const { revenue, price, currency } = properties;
  const amount = finite(revenue) ?? finite(price);
  const hasCurrency = typeof currency === 'string' && currency !== '';
  if (amount === undefined && !hasCurrency) return undefined;
  return { ...(amount !== undefined && { amount }), ...(hasCurrency && { currency }) };
}

function finite(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function encodeBatch(events: readonly CanonicalEvent[]): JsonObject {
  return { events: events.map(encodeItem), ...envelopeFromExtras(events.map(ownExtras)) };
}

export function encodeSingle(events: readonly CanonicalEvent[]): JsonObject {
  const [event] = events;
  if (!event || events.length > 1) throw new RangeError(`/v1/events takes one event, not ${events.length}`);
  return encodeItem(event);
}

/** What other dialects leave in `extras` is theirs and stays out. */
export function encodeItem(event: CanonicalEvent): JsonObject {
  const properties = encodeProperties(event);
  return {
    event: event.event,
    ...(event.user_id !== null && { user_id: event.user_id }),
    ...(event.anonymous_id !== null && { anonymous_id: event.anonymous_id }),
    timestamp: event.timestamp,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...fromExtras(ownExtras(event)),
  };
}

function ownExtras(event: CanonicalEvent): JsonObject | undefined {
  return event.source.dialect === 'flokit' ? event.extras : undefined;
}

function encodeProperties({ event, properties, value }: CanonicalEvent): JsonObject {
  const { amount, currency } = value ?? {};
  const addsCurrency = currency !== undefined && saysNothing(properties.currency);
  const isThere = (key: string): boolean => !saysNothing(properties[key]) || (key === 'currency' && addsCurrency);
  const addsAmount =
    amount !== undefined &&
    saysNothing(properties.revenue) &&
    valueOf(properties)?.amount === undefined &&
    neededWithRevenue(event).every(isThere);
  if (!addsAmount && !addsCurrency) return properties;
  return { ...properties, ...(addsAmount && { revenue: amount }), ...(addsCurrency && { currency }) };
}

/** Without these an event of this name is refused for its revenue. */
function neededWithRevenue(event: string): readonly string[] {
  return (Object.hasOwn(FLOKIT_TAXONOMY, event) && FLOKIT_TAXONOMY[event]?.requiredWith?.revenue) || [];
}

/** For the rejections list. */
export function itemOfBatch(body: unknown, index: number): unknown {
  return isJsonObject(body) && Array.isArray(body.events) ? (body.events[index] as unknown) : undefined;
}
