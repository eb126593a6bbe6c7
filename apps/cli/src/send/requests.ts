import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '#canonical';
import type { ReadItem } from './item-reader.js';
import { withList, type RequestShape } from './request-shape.js';

export interface OutgoingRequest {
  readonly body: string;
  readonly events: number;
  /** Where its first and last item stand in the file. */
  readonly places: readonly [first: string, last: string];
  /** The same content has the same key, so that sending a file twice is not taken twice. */
  readonly key: string;
  /** Of the file, once this request is done. */
  readonly readBytes: number;
}

export interface RefusedItem {
  readonly place: string;
  readonly reason: string;
}

export interface PackingRules {
  readonly shape: RequestShape;
  /** Beside what the file says, for every request. */
  readonly members: JsonObject;
  /** Part of every key. */
  readonly salt: string;
  readonly onRefused: (item: RefusedItem) => void;
}

interface Pack {
  readonly envelope: JsonObject;
  readonly items: Json[];
  readonly places: string[];
  bytes: number;
  events: number;
  readBytes: number;
}

/** Full requests out of items, within the dialect's limits; what the dialect would refuse is left out and reported. */
export async function* packRequests(
  items: AsyncIterable<ReadItem>,
  rules: PackingRules,
): AsyncGenerator<OutgoingRequest, void> {
  const { shape } = rules;
  let pack: Pack | undefined;
  for await (const read of items) {
    const envelope = envelopeOf(read, rules);
    const events = countEvents(read, envelope, rules);
    if (events === 0) continue;
    const bytes = Buffer.byteLength(JSON.stringify(read.item)) + 1;
    if (pack && !fits(pack, envelope, events, bytes, shape)) {
      yield requestOf(pack, rules);
      pack = undefined;
    }
    pack ??= { envelope, items: [], places: [], bytes: envelopeBytes(envelope), events: 0, readBytes: 0 };
    pack.items.push(read.item);
    pack.places.push(read.place);
    pack.bytes += bytes;
    pack.events += events;
    pack.readBytes = read.readBytes;
  }
  if (pack) yield requestOf(pack, rules);
}

function envelopeOf({ envelope }: ReadItem, { shape, members }: PackingRules): JsonObject {
  return { ...shape.fixed, ...envelope, ...members, ...shape.credentialMembers };
}

/** 0: the dialect would refuse the item, which has been reported. */
function countEvents(read: ReadItem, envelope: JsonObject, { shape, onRefused }: PackingRules): number {
  const { route, headers } = shape;
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const request = { requestId: '', path: route.path, query: {}, headers: lowerCase };
  const body = withList(envelope, [read.item], shape);
  const bodyBytes = Buffer.byteLength(JSON.stringify(body));
  const checked = route.check(body, { request, receivedAt: Date.now(), bodyBytes });
  const [rejection] = checked.rejected;
  if (checked.kind === 'checked' && !rejection) return checked.total;
  const said = checked.kind === 'refused' ? checked.reply.body : 'refused';
  const reason = rejection ? `${rejection.code}: ${rejection.detail}` : said;
  onRefused({ place: read.place, reason });
  return 0;
}

function fits(pack: Pack, envelope: JsonObject, events: number, bytes: number, shape: RequestShape): boolean {
  return (
    pack.events + events <= shape.maxItems &&
    pack.bytes + bytes <= shape.route.maxBodyBytes &&
    (pack.envelope === envelope || JSON.stringify(pack.envelope) === JSON.stringify(envelope))
  );
}

function envelopeBytes(envelope: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(envelope)) + 256;
}

function requestOf(
  { envelope, items, places, events, readBytes }: Pack,
  { shape, salt }: PackingRules,
): OutgoingRequest {
  const body = JSON.stringify(withList(envelope, items, shape));
  const key = createHash('sha256').update(salt).update(shape.route.id).update(body).digest('hex').slice(0, 40);
  return { body, events, places: [places[0] ?? '', places.at(-1) ?? ''], key, readBytes };
}
