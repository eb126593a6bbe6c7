/** What the vendors' documents say of values, written here anew: stand-ins must not share the gateway's mistakes. */

export type Members = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** An ISO 8601 date-time with or without offset, of a day that exists. */
export function isDateTime(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const match = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/.exec(value);
  const day = match?.[1];
  if (day === undefined || Number.isNaN(Date.parse(value))) return false;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

export function isEmail(value: unknown): boolean {
  return isText(value) && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value);
}

/** E.164. */
export function isPhone(value: unknown): boolean {
  return isText(value) && /^\+[1-9]\d{6,14}$/.test(value);
}

/** The member at the end of the path, if all between are objects. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    value,
  );
}
