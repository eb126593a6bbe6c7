import { Ajv } from 'ajv';
import { isJsonObject, isTimestamp, type JsonObject } from '#canonical';
import type { Checked, Receipts, Refused, Rejection, Reply } from '../dialect.js';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import { rejectedName } from '../rejected-name.js';
import { errorReply, jsonReply, validationError } from './flokit.errors.js';
import { FLOKIT_TAXONOMY } from './flokit.taxonomy.js';
import { ITEM_SCHEMA, MAX_EVENTS, type FlokitItem } from './flokit.wire.js';

const ajv = new Ajv({
  strict: true,
  allowUnionTypes: true,
  formats: { instant: isTimestamp },
});
const hasItemShape = ajv.compile<FlokitItem>(ITEM_SCHEMA);

/** A key's name in a reason text is cut here. */
const MAX_NAME_CHARS = 100;

/** `POST /v1/batch/events`: keeps the valid items and lists the others. */
export function checkBatch(body: unknown): Checked | Refused {
  if (!isJsonObject(body)) return refuse('Request body must be a JSON object');
  const { events } = body;
  if (events === undefined || events === null) return refuse('Missing required field: events');
  if (!Array.isArray(events)) return refuse('events must be an array');
  if (events.length === 0) return refuse('events must not be empty');
  if (events.length > MAX_EVENTS) return refuse(`Maximum ${MAX_EVENTS} events per request`);
  const deep = Object.keys(body).find((name) => name !== 'events' && deeperThan(body[name], MAX_DEPTH - 1));
  if (deep !== undefined) return refuse(invalid(deep).detail);
  const rejected: Rejection[] = [];
  for (let index = 0; index < events.length; index++) {
    const rejection = checkItem(events[index], index);
    if (rejection) rejected.push(rejection);
  }
  return { kind: 'checked', total: events.length, rejected };
}

/** `POST /v1/events`: the body is the item. */
export function checkSingle(body: unknown): Checked | Refused {
  if (!isJsonObject(body)) return refuse('Request body must be a JSON object');
  const rejection = checkItem(body, 0);
  if (rejection) return { kind: 'refused', reply: validationError(rejection.detail), rejected: [rejection] };
  return { kind: 'checked', total: 1, rejected: [] };
}

function refuse(message: string): Refused {
  return { kind: 'refused', reply: errorReply(400, 'validation_error', message), rejected: [] };
}

function checkItem(item: unknown, index: number): Rejection | undefined {
  if (hasItemShape(item) && !deeperThan(item, MAX_DEPTH) && missingProperty(item) === undefined) return undefined;
  return { index, ...explain(item), ...rejectedName(isJsonObject(item) ? item.event : undefined) };
}

type ItemFault = Pick<Rejection, 'code' | 'detail'>;

const missing = (name: string): ItemFault => ({ code: 'missing_field', detail: `Missing required field: ${name}` });
const invalid = (name: string): ItemFault => ({
  code: 'invalid_field',
  detail: `Invalid field: ${name.slice(0, MAX_NAME_CHARS)}`,
});

/** The first rule that a refused item breaks, in the order the protocol notes give. */
export function explain(item: unknown): ItemFault {
  if (!isJsonObject(item)) return invalid('events');
  return eventFault(item) ?? identityFault(item) ?? timestampFault(item) ?? propertiesFault(item) ?? depthFault(item);
}

function eventFault({ event }: JsonObject): ItemFault | undefined {
  if (isMissing(event)) return missing('event');
  return typeof event === 'string' ? undefined : invalid('event');
}

function identityFault(item: JsonObject): ItemFault | undefined {
  for (const name of ['user_id', 'anonymous_id']) {
    if (!isMissing(item[name]) && typeof item[name] !== 'string') return invalid(name);
  }
  const anonymous = isMissing(item.user_id) && isMissing(item.anonymous_id);
  return anonymous ? missing('user_id or anonymous_id') : undefined;
}

function timestampFault({ timestamp }: JsonObject): ItemFault | undefined {
  if (isMissing(timestamp)) return missing('timestamp');
  return typeof timestamp === 'string' && isTimestamp(timestamp) ? undefined : invalid('timestamp');
}

function propertiesFault(item: JsonObject): ItemFault | undefined {
  const { properties } = item;
  if (properties !== undefined && properties !== null && !isJsonObject(properties)) return invalid('properties');
  // The item's own braces are the first level.
  if (deeperThan(properties, MAX_DEPTH - 1)) return invalid('properties');
  const lacking = missingProperty(item);
  return lacking === undefined ? undefined : missing(lacking);
}

/** What is left once every other rule holds: a member of no meaning that nests too deep. */
function depthFault(item: JsonObject): ItemFault {
  return invalid(Object.keys(item).find((name) => deeperThan(item[name], MAX_DEPTH - 1)) ?? 'event');
}

/** The first property that the taxonomy demands and the item lacks. */
function missingProperty(item: JsonObject | FlokitItem): string | undefined {
  const name = item.event;
  if (typeof name !== 'string' || !Object.hasOwn(FLOKIT_TAXONOMY, name)) return undefined;
  const row = FLOKIT_TAXONOMY[name];
  const properties = isJsonObject(item.properties) ? item.properties : {};
  const lacks = (key: string): boolean => !Object.hasOwn(properties, key) || isMissing(properties[key]);
  const lacking = row?.required?.find(lacks);
  if (lacking !== undefined) return lacking;
  for (const [key, companions] of Object.entries(row?.requiredWith ?? {})) {
    if (!lacks(key)) return companions.find(lacks);
  }
  return undefined;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Key order as the vendor prints it. `event_ids` holds accepted events only, `errors[].index` counts all. */
export function replyToBatch(checked: Checked, receipts: Receipts): Reply {
  const { total, rejected } = checked;
  const ids: string[] = [];
  let next = 0;
  for (let index = 0; index < total; index++) {
    if (rejected[next]?.index === index) next++;
    else ids.push(receipts.idAt(index));
  }
  const list = ids.length === 0 ? '' : `"${ids.join('","')}"`;
  const errors = rejected.map(({ index, name, detail }) =>
    JSON.stringify({ index, event: name ?? null, reason: detail }),
  );
  return jsonReply(
    200,
    `{"status":"ok","accepted":${ids.length},"rejected":${rejected.length},"event_ids":[${list}],"errors":[${errors.join(',')}]}`,
  );
}

export function replyToSingle(_checked: Checked, receipts: Receipts): Reply {
  return jsonReply(200, `{"status":"ok","event_id":"${receipts.idAt(0)}"}`);
}
