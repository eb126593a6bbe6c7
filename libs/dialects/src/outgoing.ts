import { createHash } from 'node:crypto';
import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
import type {
  ConnectorSettings,
  DeliveryDefaults,
  EventOutcome,
  InboundResponse,
  Interpretation,
  JsonSchema,
  Placement,
  Refusal,
} from '#destinations';
import { firstCharacters } from './characters.js';

/** What the connectors of all dialects share. */
export const DELIVERY: Pick<DeliveryDefaults, 'retry' | 'timeoutMs' | 'concurrency'> = {
  retry: { maxAttempts: 20, maxAgeSeconds: 86_400, minDelayMs: 1_000, maxDelayMs: 3_600_000 },
  timeoutMs: 30_000,
  concurrency: 2,
};

export const JSON_TYPE = 'application/json';

export const NO_IDENTITY: Placement = { kind: 'not_wanted', code: 'no_identity' };

export function baseUrlSchema(example: string): JsonSchema {
  return {
    type: 'string',
    description: `The vendor's root without a path, e.g. ${example}; the native path is added.`,
    pattern: '^https?://[^\\s/?#@\\\\]+/?$',
    maxLength: 2_048,
    examples: [example],
  };
}

/** A secret that goes into a header or a body: printable ASCII without blanks. */
export function secretSchema(description: string): JsonSchema {
  return { type: 'string', description, pattern: '^[!-~]+$', maxLength: 4_096 };
}

export function urlOf({ config }: ConnectorSettings, path: string): string {
  const { baseUrl } = config;
  if (typeof baseUrl !== 'string') throw new Error('The configuration lacks its baseUrl');
  return `${baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl}${path}`;
}

/**
 * The lane of an event that brought unknown members of its request's envelope along: only events with the same ones may
 * share a request, or one sender's members would be told of another's events. Others are in `lane` itself.
 */
export function laneBesideEnvelope(lane: string, { source, extras }: CanonicalEvent, dialect: string): string {
  if (extras?.envelope === undefined || source.dialect !== dialect) return lane;
  return `${lane} ${createHash('sha256').update(JSON.stringify(extras.envelope)).digest('hex').slice(0, 12)}`;
}

/** The lane without what `laneBesideEnvelope` added. */
export function baseLane(lane: string): string {
  const end = lane.indexOf(' ');
  return end < 0 ? lane : lane.slice(0, end);
}

/** Whether a property states nothing. A number beyond doubles goes out as null. */
export function saysNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '' || value === Infinity || value === -Infinity;
}

/** The answer's body if it is a JSON object. */
export function answerBody({ body }: InboundResponse): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The members of a list that are objects, with their positions left out; nothing if it is no list. */
export function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** An index into `count` events, or undefined. */
export function indexBelow(count: number, value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count ? value : undefined;
}

const MAX_CODE_CHARS = 100;
const MAX_DETAIL_CHARS = 2_000;

/** A refusal in the vendor's words, as much of them as anybody is shown: answers can be long. */
export function refusalSaying(code: string, detail: string): Refusal {
  return { code: firstCharacters(code, MAX_CODE_CHARS), detail: firstCharacters(detail, MAX_DETAIL_CHARS) };
}

type PerEvent = Extract<Interpretation, { kind: 'per_event' }>;

/** The named events are refused; `others` is the outcome of each of the rest. */
export function namedRefusals(count: number, refusals: ReadonlyMap<number, Refusal>, others: EventOutcome): PerEvent {
  const outcomes = Array.from({ length: count }, (_, index): EventOutcome => {
    const refusal = refusals.get(index);
    return refusal ? { kind: 'rejected', refusal } : others;
  });
  return { kind: 'per_event', outcomes };
}

/** Taken as far as anybody can tell: the vendor counts fewer events than were sent and names none. */
export function shortfall(sent: number, accepted: unknown): Interpretation {
  return { kind: 'delivered', ...doubts(sent, accepted, 0) };
}

/** The named events are refused and the others taken, as far as anybody can tell. */
export function takenBut(sent: number, refusals: ReadonlyMap<number, Refusal>, accepted: unknown): Interpretation {
  if (refusals.size === 0) return shortfall(sent, accepted);
  return { ...namedRefusals(sent, refusals, { kind: 'delivered' }), ...doubts(sent, accepted, refusals.size) };
}

/** `named`: how many the vendor names that it did not take. */
function doubts(sent: number, accepted: unknown, named: number): Pick<PerEvent, 'note' | 'shortfall'> {
  if (typeof accepted !== 'number' || !(accepted >= 0 && accepted < sent - named)) return {};
  const note = `accepted ${accepted} of ${sent}`;
  const shortfall = Math.ceil(sent - named - accepted);
  return { note: named === 0 ? note : `${note}, refused ${named} by name`, shortfall };
}

/**
 * A success whose list of refusals is cut: nobody knows who is on it. The key makes repeats harmless, and if none is
 * answered in full, dead letters are better than events that were refused unseen.
 */
export const CUT_ANSWER: Interpretation = { kind: 'retry', code: 'answer_cut' };
