import { at, isDateTime, isEmail, isObject, isPhone, isText, type Members } from './checks.js';

/** What is wrong, and where: a JSON pointer into the request. */
export interface Violation {
  readonly detail: string;
  readonly pointer: string;
}

export interface NamedEvent {
  readonly pointer: string;
  readonly profile: Members;
  /** Whom the vendor takes the profile for. */
  readonly person: string;
  readonly event: Members;
}

const BULK = '/data/attributes/events-bulk-create/data';
const MAX_EVENTS = 1_000;
const MAX_PROPERTIES = 400;
const MAX_STRING_BYTES = 100 * 1024;
const MAX_ARRAY_LENGTH = 4_000;
const MAX_DEPTH = 10;
const YEAR_MS = 365 * 86_400_000;

/** In the order in which the vendor prefers them. */
const IDENTIFIERS = ['email', 'phone_number', 'external_id', 'anonymous_id', '_kx'];

/** Items of a bulk request, as far as its frame is sound. */
export function bulkItems(body: unknown): { readonly items: readonly unknown[] } | { readonly violation: Violation } {
  if (at(body, 'data', 'type') !== 'event-bulk-create-job')
    return { violation: typeFault('/data', 'event-bulk-create-job') };
  const items = at(body, 'data', 'attributes', 'events-bulk-create', 'data');
  if (!Array.isArray(items) || items.length === 0)
    return { violation: { detail: 'At least one item is required.', pointer: BULK } };
  const count = items.reduce<number>((sum, item) => sum + eventsOf(item).length, 0);
  if (count > MAX_EVENTS) return { violation: { detail: `At most 1000 events, not ${count}.`, pointer: BULK } };
  return { items };
}

export function itemPointer(index: number): string {
  return `${BULK}/${index}`;
}

export function eventsOf(item: unknown): readonly unknown[] {
  const events = at(item, 'attributes', 'events', 'data');
  return Array.isArray(events) ? events : [];
}

export function checkItem(item: unknown, pointer: string): readonly Violation[] {
  const events = eventsOf(item);
  return [
    ...(at(item, 'type') === 'event-bulk-create' ? [] : [typeFault(pointer, 'event-bulk-create')]),
    ...checkProfile(at(item, 'attributes', 'profile', 'data'), `${pointer}/attributes/profile/data`),
    ...(events.length > 0
      ? []
      : [{ detail: 'At least one event is required.', pointer: `${pointer}/attributes/events/data` }]),
    ...events.flatMap((event, index) => checkEvent(event, `${pointer}/attributes/events/data/${index}`)),
  ];
}

export function checkProfile(profile: unknown, pointer: string): readonly Violation[] {
  const found: Violation[] = [];
  const email = at(profile, 'attributes', 'email') ?? undefined;
  const phone = at(profile, 'attributes', 'phone_number') ?? undefined;
  if (at(profile, 'type') !== 'profile') found.push(typeFault(pointer, 'profile'));
  if (personOf(profile) === undefined)
    found.push({ detail: 'An identifier is required.', pointer: `${pointer}/attributes` });
  if (email !== undefined && !isEmail(email)) {
    found.push({ detail: 'Invalid email address', pointer: `${pointer}/attributes/email` });
  }
  if (phone !== undefined && !isPhone(phone)) {
    const detail = 'Invalid phone number format (Example of a valid format: +12345678901)';
    found.push({ detail, pointer: `${pointer}/attributes/phone_number` });
  }
  return found;
}

export function checkEvent(event: unknown, pointer: string): readonly Violation[] {
  const found: Violation[] = [];
  const invalid = (detail: string, member: string) =>
    found.push({ detail, pointer: `${pointer}/attributes/${member}` });
  const attributes = at(event, 'attributes');
  const given = (name: string) => at(attributes, name) ?? undefined;
  if (at(event, 'type') !== 'event') found.push(typeFault(pointer, 'event'));
  if (at(attributes, 'metric', 'data', 'type') !== 'metric') invalid("'type' must be 'metric'.", 'metric/data/type');
  const name = at(attributes, 'metric', 'data', 'attributes', 'name');
  if (!isText(name) || [...name].length >= 128)
    invalid('A name of fewer than 128 characters is required.', 'metric/data/attributes/name');
  const properties = propertiesFault(given('properties'));
  if (properties !== undefined) invalid(properties, 'properties');
  if (given('time') !== undefined && !isTime(given('time'))) invalid('Not a time the vendor takes.', 'time');
  if (given('value') !== undefined && typeof given('value') !== 'number') invalid('A number is required.', 'value');
  const currency = given('value_currency');
  if (currency !== undefined && !(isText(currency) && /^[A-Z]{3}$/.test(currency)))
    invalid('Not an ISO 4217 code.', 'value_currency');
  if (given('unique_id') !== undefined && !isText(given('unique_id'))) invalid('A string is required.', 'unique_id');
  return found;
}

/** An explicit `unique_id` that one profile and metric has twice fails the request, at the second. */
export function checkUniqueIds(events: readonly NamedEvent[]): readonly Violation[] {
  const seen = new Set<string>();
  return events.flatMap(({ event, person, pointer }) => {
    if (!isText(at(event, 'attributes', 'unique_id'))) return [];
    const key = dedupKeyOf(event, person);
    if (seen.has(key)) return [{ detail: 'unique_id must be unique.', pointer: `${pointer}/attributes/unique_id` }];
    seen.add(key);
    return [];
  });
}

/** Person, metric and `unique_id`; without one, the time to the second stands in. */
export function dedupKeyOf(event: Members, person: string): string {
  const attributes = at(event, 'attributes');
  const metric = at(attributes, 'metric', 'data', 'attributes', 'name');
  const time = at(attributes, 'time');
  const second = Math.floor((isText(time) ? Date.parse(time) : Date.now()) / 1_000);
  return JSON.stringify([person, metric, at(attributes, 'unique_id') ?? second]);
}

export function personOf(profile: unknown): string | undefined {
  const identifiers = [at(profile, 'id'), ...IDENTIFIERS.map((name) => at(profile, 'attributes', name))];
  return identifiers.find(isText);
}

function isTime(value: unknown): boolean {
  if (!isDateTime(value)) return false;
  const time = Date.parse(value);
  return time > Date.UTC(1990, 0, 1) && time <= Date.now() + YEAR_MS;
}

function propertiesFault(properties: unknown): string | undefined {
  if (!isObject(properties)) return "'properties' is a required field.";
  if (Object.keys(properties).length > MAX_PROPERTIES) return 'At most 400 properties.';
  return valueFault(properties, 1);
}

function valueFault(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string')
    return Buffer.byteLength(value) > MAX_STRING_BYTES ? 'A string is over 100 KB.' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return 'Nested deeper than 10 levels.';
  if (Array.isArray(value) && value.length > MAX_ARRAY_LENGTH) return 'An array is over 4000 elements.';
  return Object.values(value)
    .map((inner) => valueFault(inner, depth + 1))
    .find((fault) => fault !== undefined);
}

function typeFault(pointer: string, type: string): Violation {
  return { detail: `'type' must be '${type}'.`, pointer: `${pointer}/type` };
}
