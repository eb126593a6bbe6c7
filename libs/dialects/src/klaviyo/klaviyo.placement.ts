import type { CanonicalEvent } from '#canonical';
import type { Placement } from '#destinations';
import { hasMoreCharacters } from '../characters.js';
import { laneBesideEnvelope, NO_IDENTITY } from '../outgoing.js';
import { personOf } from './klaviyo.grouping.js';
import { isEmail } from './klaviyo.identifiers.js';
import { breaches, EARLIEST_TIME, latestTime, withinLimits } from './klaviyo.limits.js';
import { E164, MAX_NAME_CHARS, MAX_PROPERTIES } from './klaviyo.schema.js';

const LANE = 'jobs';
const PHONE = new RegExp(E164, 'u');
const CURRENCY = /^[A-Za-z]{3}$/;

/**
 * A job is refused whole for one bad event, and jobs are few (150 a minute): what Klaviyo is sure to refuse is not sent.
 * Nor are two events in one job that Klaviyo would take for one.
 */
export function place(event: CanonicalEvent): Placement {
  if (!hasIdentity(event)) return NO_IDENTITY;
  const detail = identityFault(event) ?? eventFault(event);
  if (detail !== undefined) return { kind: 'rejected', refusal: { code: 'invalid', detail } };
  const lane = laneBesideEnvelope(LANE, event, 'klaviyo');
  const uniqueId = event.source.dialect === 'klaviyo' ? event.extras?.unique_id : undefined;
  if (typeof uniqueId !== 'string') return { kind: 'lane', lane };
  return { kind: 'lane', lane, distinct: `${personOf(event)}\n${event.event}\n${uniqueId}` };
}

function hasIdentity({ user_id, anonymous_id, identity }: CanonicalEvent): boolean {
  if (user_id !== null || anonymous_id !== null) return true;
  const { email, phone, vendor_profile_id, exchange_id } = identity ?? {};
  return (email ?? phone ?? vendor_profile_id ?? exchange_id) !== undefined;
}

function identityFault({ identity }: CanonicalEvent): string | undefined {
  const { email, phone } = identity ?? {};
  if (email !== undefined && !isEmail(email)) return 'identity.email: Invalid email address';
  if (phone !== undefined && !PHONE.test(phone))
    return 'identity.phone: Invalid phone number format, E.164 is required';
  return undefined;
}

function eventFault({ event, properties, value, timestamp, received_at }: CanonicalEvent): string | undefined {
  if (event === '' || hasMoreCharacters(event, MAX_NAME_CHARS)) {
    return `event: must have 1 to ${MAX_NAME_CHARS} characters`;
  }
  if (value?.currency !== undefined && !CURRENCY.test(value.currency)) return 'value.currency: no ISO 4217 code';
  return timeFault(timestamp, received_at) ?? propertiesFault(properties);
}

/** Both are UTC in one form, so their texts compare like the times. */
function timeFault(timestamp: string, receivedAt: string): string | undefined {
  if (timestamp < EARLIEST_TIME) return 'timestamp: must not be before the year 1990';
  if (timestamp <= receivedAt || timestamp <= latestTime(Date.parse(receivedAt))) return undefined;
  return 'timestamp: must not be more than one year in the future';
}

function propertiesFault(properties: CanonicalEvent['properties']): string | undefined {
  if (Object.keys(properties).length > MAX_PROPERTIES) {
    return `properties: must not have more than ${MAX_PROPERTIES} members`;
  }
  if (withinLimits(properties)) return undefined;
  // A number beyond doubles breaks the limits and goes out as null.
  const sent: unknown = JSON.parse(JSON.stringify(properties));
  const [breach] = breaches(sent, 'properties', 1);
  return breach ? `${breach.pointer}: ${breach.detail}` : undefined;
}
