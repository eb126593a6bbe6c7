import { isJsonObject, isTimestamp } from '#canonical';
import type { JsonObject } from '#canonical';
import { hasMoreCharacters } from '../characters.js';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import { MAX_ENVELOPE_TEXT_CHARS, NAMELESS_TYPES, PLATFORMS } from './kixo.wire.js';

/** The first broken rule of an event or of the envelope. */
export interface Violation {
  readonly code: 'missing_field' | 'invalid_field';
  readonly field: string;
}

/** Names of unknown members are the caller's: no answer grows with them. */
const MAX_FIELD_CHARS = 100;

const missing = (field: string): Violation => ({ code: 'missing_field', field });
const invalid = (field: string): Violation => ({ code: 'invalid_field', field });

export function describe({ code, field }: Violation): string {
  return code === 'missing_field' ? `Missing required field: ${field}` : `Invalid field: ${field}`;
}

/** Null and the empty text count as missing. */
function textFault(value: unknown, field: string): Violation | undefined {
  if (typeof value === 'string' && value !== '') return undefined;
  return value === undefined || value === null || value === '' ? missing(field) : invalid(field);
}

export function eventViolation(item: unknown): Violation | undefined {
  if (!isJsonObject(item)) return invalid('batch');
  return (
    textFault(item.event_type, 'event_type') ??
    nameFault(item) ??
    textFault(item.device_id, 'device_id') ??
    textFault(item.session_id, 'session_id') ??
    timestampFault(item.timestamp) ??
    propertiesFault(item.properties) ??
    depthFault(item)
  );
}

function nameFault({ event_type, event_name }: JsonObject): Violation | undefined {
  if (event_name === '' && typeof event_type === 'string' && NAMELESS_TYPES.has(event_type)) return undefined;
  return textFault(event_name, 'event_name');
}

function timestampFault(value: unknown): Violation | undefined {
  if (typeof value === 'string' && isTimestamp(value)) return undefined;
  return textFault(value, 'timestamp') ?? invalid('timestamp');
}

function propertiesFault(value: unknown): Violation | undefined {
  return value === undefined || value === null || isJsonObject(value) ? undefined : invalid('properties');
}

function depthFault(item: JsonObject): Violation | undefined {
  if (!deeperThan(item, MAX_DEPTH)) return undefined;
  return invalid(deepMember(item) ?? 'batch');
}

function deepMember(wire: JsonObject, except?: string): string | undefined {
  const deep = Object.keys(wire).find((name) => name !== except && deeperThan(wire[name], MAX_DEPTH - 1));
  return deep?.slice(0, MAX_FIELD_CHARS);
}

/** Everything but the credentials and the number of events, which have their own answers. */
export function envelopeViolation(body: JsonObject): Violation | undefined {
  const { bundle_id, platform, environment, batch } = body;
  const bundleFault = textFault(bundle_id, 'bundle_id') ?? lengthFault(bundle_id, 'bundle_id');
  if (bundleFault) return bundleFault;
  const platformFault = textFault(platform, 'platform');
  if (platformFault) return platformFault;
  if (!PLATFORMS.some((known) => known === platform)) return invalid('platform');
  if (environment !== undefined && environment !== null) {
    const fault = typeof environment === 'string' ? lengthFault(environment, 'environment') : invalid('environment');
    if (fault) return fault;
  }
  if (batch === undefined || batch === null) return missing('batch');
  if (!Array.isArray(batch)) return invalid('batch');
  const deep = deepMember(body, 'batch');
  return deep === undefined ? undefined : invalid(deep);
}

function lengthFault(value: unknown, field: string): Violation | undefined {
  return typeof value === 'string' && hasMoreCharacters(value, MAX_ENVELOPE_TEXT_CHARS) ? invalid(field) : undefined;
}
