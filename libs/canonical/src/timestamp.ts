const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Most timestamps look like this and are valid as they stand (no day past 28): ten times cheaper than parsing. */
const PLAIN_UTC = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
}

/** An instant: whole milliseconds since 1970 and the fraction's digits beyond the third, without trailing zeros. */
export interface Instant {
  readonly epochMs: number;
  readonly subMs: string;
}

/**
 * Reads an ISO 8601 date or date-time. A missing offset means UTC. Impossible dates (`2024-02-30`), epoch numbers and
 * anything else give undefined.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = ISO_8601.exec(text);
  if (!match) return undefined;
  const [, y, mo, d, h = '0', mi = '0', s = '0', fraction = '', zone = 'Z'] = match;
  const year = Number(y);
  const month = Number(mo);
  const day = Number(d);
  const hour = Number(h);
  const minute = Number(mi);
  const second = Number(s);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = offsetMinutes(zone);
  if (offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offset, second, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const epochMs = date.getTime();
  // Offsets can push year 0 or 9999 over the edge of what toISOString writes with four digits.
  if (epochMs < -62_167_219_200_000 || epochMs > 253_402_300_799_999) return undefined;
  return { epochMs, subMs: fraction.slice(3).replace(/0+$/, '') };
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** UTC with three fractional digits, or as many as the instant needs. */
export function formatInstant(instant: Instant): string {
  const text = new Date(instant.epochMs).toISOString();
  return instant.subMs === '' ? text : `${text.slice(0, -1)}${instant.subMs}Z`;
}

/** Whether `parseInstant` can read the text. */
export function isTimestamp(text: string): boolean {
  return PLAIN_UTC.test(text) || parseInstant(text) !== undefined;
}

/** Canonical form of a timestamp text, or undefined if it is none. */
export function normalizeTimestamp(text: string): string | undefined {
  if (PLAIN_UTC.test(text)) return text.includes('.') ? text : `${text.slice(0, -1)}.000Z`;
  const instant = parseInstant(text);
  return instant && formatInstant(instant);
}
