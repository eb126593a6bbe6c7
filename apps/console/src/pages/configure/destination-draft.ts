import type { Destination, DestinationType, Json, JsonObject } from '../../api/types';
import type { RateLimitValue } from '../../forms/rate-limit-field';

/** A destination as the form holds it: what is undefined follows the type. */
export interface DestinationDraft {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly credentials: JsonObject;
  readonly match: JsonObject;
  readonly transform: JsonObject;
  readonly batch: JsonObject;
  readonly retry: JsonObject;
  readonly pace: JsonObject;
  readonly rateLimit: RateLimitValue;
}

export function emptyDraft(type: string): DestinationDraft {
  const none = { config: {}, credentials: {}, match: {}, transform: {}, batch: {}, retry: {}, pace: {} };
  return { id: '', name: '', type, ...none, rateLimit: undefined };
}

/** Members that equal the type's default are left empty: they keep following it. */
export function draftOf(stored: Destination, { defaults }: DestinationType): DestinationDraft {
  const { id, name, type, config, match, transform, timeoutMs, concurrency, ordering, maxQueuedBytes } = stored;
  const usual = isSame(windowsOf(stored.rateLimit), windowsOf(defaults.rateLimit));
  return {
    id,
    name,
    type,
    config,
    credentials: {},
    match,
    transform,
    batch: without(stored.batch, memberOf(defaults, 'batch')),
    retry: without(stored.retry, memberOf(defaults, 'retry')),
    pace: without(
      { timeoutMs, concurrency, ordering, maxQueuedBytes },
      { ...defaults, ordering: 'none', maxQueuedBytes: null },
    ),
    rateLimit: usual ? undefined : stored.rateLimit,
  };
}

/** As POST takes it. */
export function documentOf(draft: DestinationDraft): JsonObject {
  const { id, name, type, config, credentials, match, transform, batch, retry, pace, rateLimit } = draft;
  const parts = Object.entries({ credentials, match, transform, batch, retry });
  return {
    ...(id === '' ? {} : { id }),
    name,
    type,
    config,
    ...Object.fromEntries(parts.filter(([, part]) => Object.keys(part).length > 0)),
    ...pace,
    ...(rateLimit === undefined ? {} : { rateLimit: rateLimit as Json }),
  };
}

function without(values: JsonObject, usual: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !isSame(value, usual[name])));
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function windowsOf(rateLimit: unknown): unknown {
  return rateLimit === null || rateLimit === undefined ? [] : Array.isArray(rateLimit) ? rateLimit : [rateLimit];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
