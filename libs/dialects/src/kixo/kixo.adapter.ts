import { isJsonObject } from '#canonical';
import type { JsonObject } from '#canonical';
import type { Checked, Refused, Rejection, Reply } from '../dialect.js';
import { rejectedName } from '../rejected-name.js';
import { withoutKey } from './kixo.credentials.js';
import { errorReply, jsonReply, validationError } from './kixo.errors.js';
import { describe, envelopeViolation, eventViolation } from './kixo.rules.js';
import type { Violation } from './kixo.rules.js';
import { MAX_EVENTS } from './kixo.wire.js';

/**
 * `POST /v1/batch`: a faulty envelope refuses the request, a faulty event is left out. The answer cannot tell which one:
 * a client that requeues on 4xx would send the same bad event for ever.
 */
export function checkBatch(body: unknown): Checked | Refused {
  if (!isJsonObject(body)) return refuse(errorReply(400, 'invalid_json', 'Request body must be a JSON object'));
  const fault = envelopeViolation(body);
  if (fault) return refuse(validationError(describe(fault)));
  const items = body.batch as readonly unknown[];
  if (items.length > MAX_EVENTS) return refuseOversize(items.length);
  const rejected: Rejection[] = [];
  for (let index = 0; index < items.length; index++) {
    const violation = eventViolation(items[index]);
    if (violation) rejected.push(rejection(index, violation, items[index], body));
  }
  return { kind: 'checked', total: items.length, rejected };
}

function refuse(reply: Reply, rejected: readonly Rejection[] = []): Refused {
  return { kind: 'refused', reply, rejected };
}

/**
 * The vendor's page answers both of its limits with 429. No `Retry-After`: sending the same again can never succeed.
 * The admin learns of it as a rejection, since the client cannot tell it from a busy project.
 */
function refuseOversize(count: number): Refused {
  const message = `Maximum ${MAX_EVENTS} events per request`;
  const reply = errorReply(429, 'rate_limit_exceeded', message);
  return refuse(reply, [{ index: MAX_EVENTS, code: 'too_many_events', detail: `${message}, got ${count}` }]);
}

/** Names are the caller's words, and the key may stand in any of them. */
function rejection(index: number, violation: Violation, item: unknown, body: JsonObject): Rejection {
  const { code, field } = violation;
  const name = isJsonObject(item) ? item.event_name : undefined;
  const pointer = isJsonObject(item) ? `/batch/${index}/${escapePointer(field)}` : `/batch/${index}`;
  return {
    index,
    code,
    detail: withoutKey(describe(violation), body),
    pointer: withoutKey(pointer, body),
    ...(typeof name === 'string' && rejectedName(withoutKey(name, body))),
  };
}

/** RFC 6901. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function replyToBatch({ total, rejected }: Checked): Reply {
  return jsonReply(200, { status: 'ok', accepted: total - rejected.length });
}
