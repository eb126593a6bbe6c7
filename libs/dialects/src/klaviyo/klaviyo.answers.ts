import { isJsonObject, type CanonicalEvent, type JsonObject } from '#canonical';
import { interpretStatus } from '#destinations';
import type { EventOutcome, InboundResponse, Interpretation, Refusal } from '#destinations';
import { answerBody, objectsIn, refusalSaying } from '../outgoing.js';
import { encodeItems } from './klaviyo-encode.mapping.js';
import { groupedByPerson, JOB } from './klaviyo.grouping.js';

/** Statuses of a request that Klaviyo read and found fault with. */
const FAULTY = new Set([400, 409, 422]);

const IN_ITEM = /^\/data\/attributes\/events-bulk-create\/data\/(\d{1,6})(?:\/(.*))?$/s;
const IN_EVENT = /^attributes\/events\/data\/(\d{1,6})(?:\/(.*))?$/s;
const PROFILE = 'attributes/profile/';
/** A patch of the profile, which only the first event of an item carries. */
const PATCH = 'attributes/profile/data/meta';

/** A refused job names its faults by pointer: an event, or an item, which is one profile and its events. */
export function interpret(response: InboundResponse, events: readonly CanonicalEvent[]): Interpretation {
  if (!FAULTY.has(response.status)) return interpretStatus(response);
  const errors = objectsIn(answerBody(response)?.errors);
  const pointers = errors.map((error) => IN_ITEM.exec(pointerOf(error)));
  if (pointers.every((pointer) => pointer === null)) return interpretStatus(response);
  const items = positionsByItem(events);
  const named = new Map<number, EventOutcome>();
  // Whose events all have an outcome: an answer may find the same fault with an item tens of thousands of times.
  const done = new Set<readonly number[]>();
  errors.forEach((error, index) => {
    const [, item, rest = ''] = pointers[index] ?? [];
    const positions = item === undefined ? undefined : items[Number(item)];
    if (!positions || done.has(positions)) return;
    const blamed = blame(positions, rest, error, events.length === 1);
    for (const [position, outcome] of blamed) {
      if (!named.has(position)) named.set(position, outcome);
    }
    if (blamed.length === positions.length) done.add(positions);
  });
  if (named.size === 0) return interpretStatus(response);
  return { kind: 'per_event', outcomes: events.map((_, position) => named.get(position) ?? { kind: 'resend' }) };
}

function pointerOf({ source }: JsonObject): string {
  return isJsonObject(source) && typeof source.pointer === 'string' ? source.pointer : '';
}

/** Which events went into each item of the request, as positions among `events`. */
function positionsByItem(events: readonly CanonicalEvent[]): readonly (readonly number[])[] {
  const grouped = groupedByPerson(events);
  let next = 0;
  return encodeItems(
    grouped.map(({ event }) => event),
    JOB,
  ).map((item) => {
    const first = next;
    next += item.attributes.events.data.length;
    return grouped.slice(first, next).map(({ position }) => position);
  });
}

/** Whom of an item's events an error is about. `rest` is the pointer below the item. */
function blame(
  positions: readonly number[],
  rest: string,
  error: JsonObject,
  isAlone: boolean,
): readonly [number, EventOutcome][] {
  const inEvent = IN_EVENT.exec(rest);
  if (inEvent) {
    const [, index, field = ''] = inEvent;
    const position = positions[Number(index)];
    return position === undefined ? [] : [[position, outcomeAt(field, error, isAlone)]];
  }
  const refusal = refusalOf(rest, error);
  if (rest.startsWith(PATCH)) return positions.slice(0, 1).map((position) => [position, { kind: 'rejected', refusal }]);
  // A faulty profile is the fault of each of its events; else nobody knows which one is meant.
  const kind = rest.startsWith(PROFILE) || positions.length === 1 ? 'rejected' : 'suspect';
  return positions.map((position) => [position, { kind, refusal }]);
}

/**
 * Klaviyo may know two of our persons as one, and then two events with the same `unique_id` for a repeat. Tried again
 * apart from the others, the event is taken, dropped as the repeat it is, or refused on its own.
 */
function outcomeAt(field: string, error: JsonObject, isAlone: boolean): EventOutcome {
  if (field === 'attributes/unique_id' && !isAlone) return { kind: 'retry' };
  return { kind: 'rejected', refusal: refusalOf(field, error) };
}

function refusalOf(field: string, { code, detail }: JsonObject): Refusal {
  const said = typeof detail === 'string' && detail !== '' ? detail : 'Klaviyo gave no reason';
  return refusalSaying(
    typeof code === 'string' && code !== '' ? code : 'invalid',
    field === '' ? said : `${field}: ${said}`,
  );
}
