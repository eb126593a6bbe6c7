import { isJsonObject, normalizeTimestamp } from '#canonical';

const MAX_STRING_BYTES = 100 * 1024;
const MAX_ARRAY_LENGTH = 4000;
/** Counted below `properties` itself. */
const MAX_NESTING = 10;
export const EARLIEST_TIME = '1990-01-01T00:00:00.000Z';
/** A pointer through longer keys would repeat them in every error: it stops at their parent. */
const MAX_POINTER_KEY_LENGTH = 128;
const MAX_POINTER_LEVELS = 12;

export interface Breach {
  readonly pointer: string;
  readonly detail: string;
}

/** UTC to the second, as the vendor keeps it; undefined if the text is no date-time. */
export function truncateTime(text: string): string | undefined {
  const instant = normalizeTimestamp(text);
  if (instant === undefined || instant.endsWith('.000Z')) return instant;
  return `${instant.slice(0, 19)}.000Z`;
}

/** One calendar year ahead. */
export function latestTime(receivedAt: number): string {
  const date = new Date(receivedAt);
  date.setUTCFullYear(date.getUTCFullYear() + 1);
  return date.toISOString();
}

/** What is wrong with an event's time, if anything. `latest` comes from `latestTime`. */
export function timeFault(text: string, latest: string): string | undefined {
  const time = truncateTime(text);
  if (time === undefined) return "'time' must be an ISO 8601 date-time.";
  if (time < EARLIEST_TIME) return "'time' must not be before the year 1990.";
  return time > latest ? "'time' must not be more than one year in the future." : undefined;
}

function exceedsBytes(text: string): boolean {
  if (text.length * 3 <= MAX_STRING_BYTES) return false;
  return text.length > MAX_STRING_BYTES || Buffer.byteLength(text) > MAX_STRING_BYTES;
}

/** What is wrong with this value, its members apart. */
function faultOf(value: unknown, nesting: number): string | undefined {
  if (typeof value === 'string') return exceedsBytes(value) ? 'A string must not exceed 100 KB.' : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'The number is out of range.';
  if (typeof value !== 'object' || value === null) return undefined;
  if (nesting > MAX_NESTING) return `Must not be nested deeper than ${MAX_NESTING} levels.`;
  const tooLong = Array.isArray(value) && value.length > MAX_ARRAY_LENGTH;
  return tooLong ? `An array must not have more than ${MAX_ARRAY_LENGTH} elements.` : undefined;
}

/** True if no value in `properties` is too long, too deep or no number that JSON can carry. */
export function withinLimits(value: unknown, nesting = 0): boolean {
  if (faultOf(value, nesting) !== undefined) return false;
  if (Array.isArray(value)) return value.every((element) => withinLimits(element, nesting + 1));
  if (!isJsonObject(value)) return true;
  for (const key in value) {
    if (!withinLimits(value[key], nesting + 1)) return false;
  }
  return true;
}

/** Every value in `properties` that breaks a limit, at most `room`. Slow: only for what `withinLimits` refused. */
export function breaches(value: unknown, pointer: string, room: number, nesting = 0): readonly Breach[] {
  const detail = faultOf(value, nesting);
  if (detail !== undefined) return [{ pointer, detail }];
  if (typeof value !== 'object' || value === null) return [];
  const found: Breach[] = [];
  for (const [key, element] of Object.entries(value)) {
    if (found.length >= room) break;
    found.push(...breaches(element, childPointer(pointer, key), room - found.length, nesting + 1));
  }
  return found;
}

function childPointer(pointer: string, key: string): string {
  if (key.length > MAX_POINTER_KEY_LENGTH) return pointer;
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The way to where JSON nests too deep, its first members only. `tooDeep` tells for a value and its level. */
export function deepestPointer(body: unknown, tooDeep: (value: unknown, level: number) => boolean): string {
  let pointer = '';
  let value = body;
  for (let level = 1; level <= MAX_POINTER_LEVELS && typeof value === 'object' && value !== null; level++) {
    const child = Object.entries(value).find(([, member]) => tooDeep(member, level + 1));
    if (!child) break;
    pointer = childPointer(pointer, child[0]);
    value = child[1];
  }
  return isJsonObject(body) && pointer !== '' ? pointer : '/data';
}
