import { isJsonObject, type CanonicalEvent, type JsonObject } from '#canonical';
import { interpretStatus } from '#destinations';
import type { InboundResponse, Interpretation, Refusal } from '#destinations';
import {
  answerBody,
  baseLane,
  CUT_ANSWER,
  indexBelow,
  namedRefusals,
  objectsIn,
  refusalSaying,
  takenBut,
} from '../outgoing.js';

/** How `/events/batch` names an event: `events[3].external_user_id`. */
const NAMED_EVENT = /^events\[(\d{1,6})\](?:\.(.*))?$/s;

/** What VibeFollow's answer means for the events of a request. */
export function interpret(response: InboundResponse, events: readonly CanonicalEvent[], lane: string): Interpretation {
  const { status } = response;
  // The vendor's pages contradict each other about the status of a key that was used before.
  if (status === 422 || status === 409) return unprocessable(response, events.length);
  if (status !== 200 || baseLane(lane) === 'batch') return interpretStatus(response);
  if (response.cut) return CUT_ANSWER;
  const data = answerBody(response)?.data;
  const counts = isJsonObject(data) ? data : {};
  const refusals = new Map<number, Refusal>();
  for (const error of objectsIn(counts.errors)) {
    const position = indexBelow(events.length, error.index);
    if (position !== undefined && !refusals.has(position)) refusals.set(position, refusalOf(error, error.field));
  }
  return takenBut(events.length, refusals, counts.accepted);
}

/** Nothing was taken. Where the answer names events, the others are good as far as it was read. */
function unprocessable(response: InboundResponse, count: number): Interpretation {
  const errors = objectsIn(answerBody(response)?.errors);
  // The key is bound to the events for ever: whatever differs in the bytes, the vendor has taken them before.
  if (errors.some(({ code }) => code === 'idempotency_key_reuse')) {
    return { kind: 'per_event', outcomes: Array.from({ length: count }, () => ({ kind: 'duplicate' })) };
  }
  const refusals = new Map<number, Refusal>();
  for (const error of errors) {
    const match = NAMED_EVENT.exec(typeof error.field === 'string' ? error.field : '');
    const position = match ? indexBelow(count, Number(match[1])) : undefined;
    if (position !== undefined && !refusals.has(position)) refusals.set(position, refusalOf(error, match?.[2]));
  }
  return refusals.size > 0 ? namedRefusals(count, refusals, { kind: 'resend' }) : interpretStatus(response);
}

function refusalOf({ code, message }: JsonObject, field: unknown): Refusal {
  const said = typeof message === 'string' && message !== '' ? message : 'VibeFollow gave no reason';
  return refusalSaying(
    typeof code === 'string' && code !== '' ? code : 'validation_failed',
    typeof field === 'string' && field !== '' ? `${field}: ${said}` : said,
  );
}
