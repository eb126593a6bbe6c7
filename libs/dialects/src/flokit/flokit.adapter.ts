import { Ajv } from 'ajv';
import { isJsonObject, parseInstant, type JsonObject } from '#canonical';
import type { Checked, Receipts, Refused, Rejection, Reply } from '../dialect.js';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import { errorReply, jsonReply, validationError } from './flokit.errors.js';
import { FLOKIT_TAXONOMY } from './flokit.taxonomy.js';
import { ITEM_SCHEMA, MAX_EVENTS, type FlokitItem } from './flokit.wire.js';

const ajv = new Ajv({
  strict: true,
  allowUnionTypes: true,
  formats: { instant: (text) => parseInstant(text) !== undefined },
});
const hasItemShape = ajv.compile<FlokitItem>(ITEM_SCHEMA);

/** `POST /v1/batch/events`: keeps the valid items and lists the others. */
export function checkBatch(body: unknown): Checked | Refused {
  if (!isJsonObject(body)) return refuse('Request body must be a JSON object');
  const { events } = body;
  if (events === undefined || events === null) return refuse('Missing required field: events');
  if (!Array.isArray(events)) return refuse('events must be an array');
  if (events.length === 0) return refuse('events must not be empty');
  if (events.length > MAX_EVENTS) return refuse(`Maximum ${MAX_EVENTS} events per request`);
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
  if (hasItemShape(item) && !deeperThan(item, MAX_DEPTH) && !missingProperty(item)) return undefined;
  const detail = explain(item);
  const name = isJsonObject(item) && typeof item.event === 'string' && item.event !== '' ? item.event : undefined;
  return {
    index,
    code: detail.startsWith('Missing') ? 'missing_field' : 'invalid_field',
    detail,
    ...(name !== undefined && { name }),
  };
}

/** The first rule the item breaks, in the order the vendor's answers suggest. */
export function explain(item: unknown): string {
  if (!isJsonObject(item)) return 'Invalid field: events';
  return eventFault(item) ?? identityFault(item) ?? timestampFault(item) ?? propertiesFault(item) ?? depthFault(item);
}

function eventFault(item: JsonObject): string | undefined {
  if (isMissing(item.event)) return 'Missing required field: event';
  return typeof item.event === 'string' ? undefined : 'Invalid field: event';
}

function identityFault(item: JsonObject): string | undefined {
  for (const name of ['user_id', 'anonymous_id']) {
    if (!isMissing(item[name]) && typeof item[name] !== 'string') return `Invalid field: ${name}`;
  }
  const anonymous = isMissing(item.user_id) && isMissing(item.anonymous_id);
  return anonymous ? 'Missing required field: user_id or anonymous_id' : undefined;
}

function timestampFault({ timestamp }: JsonObject): string | undefined {
  if (isMissing(timestamp)) return 'Missing required field: timestamp';
  const valid = typeof timestamp === 'string' && parseInstant(timestamp) !== undefined;
  return valid ? undefined : 'Invalid field: timestamp';
}

function propertiesFault(item: JsonObject): string | undefined {
  const { properties } = item;
  if (properties !== undefined && properties !== null && !isJsonObject(properties)) return 'Invalid field: properties';
  // The item's own braces are the first level.
  if (deeperThan(properties, MAX_DEPTH - 1)) return 'Invalid field: properties';
  const missing = missingProperty(item);
  return missing === undefined ? undefined : `Missing required field: ${missing}`;
}

function depthFault(item: JsonObject): string {
  const deep = Object.keys(item).find((name) => deeperThan(item[name], MAX_DEPTH - 1));
  return `Invalid field: ${(deep ?? 'event').slice(0, 100)}`;
}

/** The first property that the taxonomy demands and the item lacks. */
function missingProperty(item: JsonObject | FlokitItem): string | undefined {
  const name = item.event;
  if (typeof name !== 'string' || !Object.hasOwn(FLOKIT_TAXONOMY, name)) return undefined;
  const row = FLOKIT_TAXONOMY[name];
  const properties = isJsonObject(item.properties) ? item.properties : {};
  const lacks = (key: string): boolean => !Object.hasOwn(properties, key) || isMissing(properties[key]);
  const missing = row?.required?.find(lacks);
  if (missing !== undefined) return missing;
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
