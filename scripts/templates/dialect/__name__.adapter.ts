import { Ajv } from 'ajv';
import { isJsonObject, isTimestamp } from '#canonical';
import type { Checked, Refused, Rejection, Reply } from '../dialect.js';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import { errorReply, jsonReply } from './__name__.errors.js';
import { ITEM_SCHEMA, MAX_EVENTS, type WireItem } from './__name__.wire.js';

const ajv = new Ajv({ strict: true, formats: { instant: isTimestamp } });
const isItem = ajv.compile<WireItem>(ITEM_SCHEMA);

/** Keeps the valid items and lists the others. */
export function checkBatch(body: unknown): Checked | Refused {
  if (!isJsonObject(body)) return refuse('The body must be a JSON object');
  const { events, ...others } = body;
  if (!Array.isArray(events)) return refuse('events must be a list');
  if (events.length === 0) return refuse('events must not be empty');
  if (events.length > MAX_EVENTS) return refuse(`events must be ${MAX_EVENTS} at most`);
  if (deeperThan(others, MAX_DEPTH)) return refuse(`The body must not nest deeper than ${MAX_DEPTH} levels`);
  const rejected = events.flatMap((item, index) => checkItem(item, index) ?? []);
  return { kind: 'checked', total: events.length, rejected };
}

function refuse(message: string): Refused {
  return { kind: 'refused', reply: errorReply(400, 'invalid_request', message), rejected: [] };
}

function checkItem(item: unknown, index: number): Rejection | undefined {
  const detail = faultOf(item);
  if (detail === undefined) return undefined;
  const name = isJsonObject(item) && typeof item.event === 'string' && item.event !== '' ? item.event : undefined;
  return { index, code: 'invalid_item', detail, ...(name !== undefined && { name }) };
}

/** The first rule that the item breaks. */
function faultOf(item: unknown): string | undefined {
  if (!isItem(item)) {
    const [error] = isItem.errors ?? [];
    return `${error?.instancePath.slice(1) ?? ''} ${error?.message ?? 'is invalid'}`.trim();
  }
  return deeperThan(item, MAX_DEPTH) ? `must not nest deeper than ${MAX_DEPTH} levels` : undefined;
}

/** `rejected[].index` counts all items of the request. */
export function replyToBatch({ total, rejected }: Checked): Reply {
  const reasons = rejected.map(({ index, detail }) => ({ index, reason: detail }));
  return jsonReply(200, { accepted: total - rejected.length, rejected: reasons });
}
