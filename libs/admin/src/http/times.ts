import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';
import { invalid } from '#control-plane';

const FORM = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?$/;
const WORDS = 'must be a date or a time by ISO 8601, such as 2026-05-01T10:00:00Z';

/** For the documentation. */
export const TIME_RULE = 'A date stands for its first moment; without a zone it is UTC.';

/**
 * Milliseconds since 1970 of a date, or of a time by ISO 8601; without a zone it is UTC, wherever the gateway runs.
 * Undefined: the text is neither, or the calendar has no such day. Other forms of ISO 8601 (`20260501`, `2026-W18`) are not
 * taken: what is read half is worse than what is refused.
 */
export function timeOf(text: string): number | undefined {
  const [, date, clock, zone] = FORM.exec(text) ?? [];
  if (date === undefined || (clock === undefined && zone !== undefined) || !isDay(date)) return undefined;
  const time = Date.parse(clock === undefined ? date : `${date}${clock}${zone ?? 'Z'}`);
  return Number.isNaN(time) ? undefined : time;
}

/** A query parameter that is a time, or absent. */
export function readTime(text: string | undefined, pointer: string): number | undefined {
  if (text === undefined) return undefined;
  const time = timeOf(text);
  if (time === undefined) throw invalid([{ pointer, message: WORDS }]);
  return time;
}

/** A member that may be a time, as `timeOf` reads it. */
export function OptionalTime(description: string, { nullable = false } = {}): PropertyDecorator {
  const rule = ValidateBy({
    name: 'time',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && timeOf(value) !== undefined,
      defaultMessage: () => WORDS,
    },
  });
  const shape = { type: String, format: 'date-time', ...(nullable ? { nullable } : {}) };
  const documented = ApiPropertyOptional({ ...shape, description: `${description} ${TIME_RULE}` });
  return (target, property) => {
    for (const apply of [IsOptional(), rule, documented]) apply(target, property);
  };
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}
