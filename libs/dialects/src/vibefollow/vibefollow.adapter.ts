import { isJsonObject, normalizeTimestamp } from '#canonical';
import type { CheckContext, Checked, Refused, Rejection, Reply } from '../dialect.js';
import { rejectedName } from '../rejected-name.js';
import { errorReply, jsonReply } from './vibefollow.errors.js';
import { deepMember, eventViolations, largeEventViolations, userViolations } from './vibefollow.rules.js';
import type { RecordCheck, Violation } from './vibefollow.rules.js';
import { MAX_BATCH_EVENTS, MAX_BULK_RECORDS, MAX_PROPERTIES_BYTES } from './vibefollow.wire.js';

type List = 'events' | 'users';

const MAX_LISTED_VIOLATIONS = 50;
const ACCEPTED = jsonReply(202, { data: { accepted: true } });

export function checkEvent(body: unknown, context: CheckContext): Checked | Refused {
  return checkSingle(body, eventCheck(context));
}

export function checkUser(body: unknown): Checked | Refused {
  return checkSingle(body, userViolations);
}

function checkSingle(body: unknown, check: RecordCheck): Checked | Refused {
  const found = check(body);
  if (found.length === 0) return { kind: 'checked', total: 1, rejected: [] };
  return refuse(
    422,
    found.map((violation) => rejection(0, 'validation_failed', violation, body)),
  );
}

/** `/events/batch`: one invalid event refuses all. */
export function checkBatch(body: unknown, context: CheckContext): Checked | Refused {
  const list = readList(body, 'events', MAX_BATCH_EVENTS);
  if ('refusal' in list) return refuseEnvelope(422, list.refusal);
  const check = eventCheck(context);
  const found: Rejection[] = [];
  for (let index = 0; index < list.records.length && found.length < MAX_LISTED_VIOLATIONS; index++) {
    const record = list.records[index];
    for (const violation of check(record)) {
      const field = violation.field === undefined ? `events[${index}]` : `events[${index}].${violation.field}`;
      found.push(rejection(index, 'validation_failed', { ...violation, field }, record));
    }
  }
  if (found.length > 0) return refuse(422, found.slice(0, MAX_LISTED_VIOLATIONS));
  return { kind: 'checked', total: list.records.length, rejected: [] };
}

export function checkEventsBulk(body: unknown, context: CheckContext): Checked | Refused {
  const list = readList(body, 'events', MAX_BULK_RECORDS);
  if ('refusal' in list) return refuseEnvelope(400, list.refusal);
  const checked = checkRecords(list.records, eventCheck(context));
  const refused = new Set(checked.rejected.map(({ index }) => index));
  // A refused record must leave no key behind: its corrected repeat is not a duplicate.
  const naturalKeys = list.records.map((record, index) => (refused.has(index) ? null : naturalKey(record)));
  return { ...checked, naturalKeys };
}

export function checkUsersBulk(body: unknown): Checked | Refused {
  const list = readList(body, 'users', MAX_BULK_RECORDS);
  if ('refusal' in list) return refuseEnvelope(400, list.refusal);
  return checkRecords(list.records, userViolations);
}

/** Per record: the first violation of each bad one, the others are taken. */
function checkRecords(records: readonly unknown[], check: RecordCheck): Checked {
  const rejected: Rejection[] = [];
  for (let index = 0; index < records.length; index++) {
    const [first] = check(records[index]);
    if (first) rejected.push(rejection(index, 'validation', first, records[index]));
  }
  return { kind: 'checked', total: records.length, rejected };
}

/** Writing properties out costs more than all other rules: only where the body has room for too many bytes of them. */
const eventCheck = ({ bodyBytes }: CheckContext): RecordCheck =>
  bodyBytes <= MAX_PROPERTIES_BYTES ? eventViolations : largeEventViolations;

/** Only what has an own time: two records without one are two events, however equal. */
function naturalKey(record: unknown): string | null {
  if (!isJsonObject(record)) return null;
  const { external_user_id: user, name, timestamp } = record;
  if (typeof user !== 'string' || typeof name !== 'string' || typeof timestamp !== 'string') return null;
  const occurredAt = normalizeTimestamp(timestamp);
  return occurredAt === undefined ? null : `${occurredAt} ${user.length} ${user} ${name}`;
}

function readList(body: unknown, list: List, maxRecords: number) {
  const refusal = (message: string, field: string = list) => ({ refusal: { message, field } });
  if (!isJsonObject(body)) return refusal('Expected object');
  const value = body[list];
  if (value === undefined) return refusal('required');
  if (!Array.isArray(value)) return refusal('Expected array');
  const records: readonly unknown[] = value;
  if (records.length === 0) return refusal(`${list} must have at least 1 item`);
  if (records.length > maxRecords) return refusal(`${list} must have at most ${maxRecords} items`);
  const deep = deepMember(body, list);
  return deep === undefined ? { records } : refusal('nested deeper than 100 levels', deep);
}

function rejection(index: number, code: string, { message, field }: Violation, record: unknown): Rejection {
  return {
    index,
    code,
    detail: message,
    ...(field !== undefined && { pointer: field }),
    ...rejectedName(isJsonObject(record) ? record.name : undefined),
  };
}

function refuse(status: number, rejected: readonly Rejection[]): Refused {
  const errors = rejected.map(({ code, detail, pointer }) => ({
    code,
    message: detail,
    ...(pointer !== undefined && { field: pointer }),
  }));
  return { kind: 'refused', reply: errorReply(status, errors), rejected };
}

/** No event is at fault, so none is listed as rejected. */
function refuseEnvelope(status: number, { message, field }: Violation): Refused {
  const reply = errorReply(status, [{ code: 'validation_failed', message, field }]);
  return { kind: 'refused', reply, rejected: [] };
}

export function replyAccepted(): Reply {
  return ACCEPTED;
}

/** Duplicates count as accepted: `accepted + rejected === meta.received`. */
export function replyToBulk({ total, rejected }: Checked): Reply {
  const errors = rejected.map(({ index, code, detail, pointer }) => ({
    index,
    code,
    message: detail,
    ...(pointer !== undefined && { field: pointer }),
  }));
  const data = { accepted: total - rejected.length, rejected: rejected.length, errors };
  return jsonReply(200, { data, meta: { received: total } });
}
