import type { IntakeChecked } from './append-request.js';

/** Natural keys live in buckets of four hours, seven of which always cover the last 24 hours. */
export const NATURAL_BUCKET_MS = 4 * 3_600_000;
export const NATURAL_BUCKETS = 7;

/** Those that are looked at, the newest first. `now` in milliseconds. */
export function naturalBuckets(now: number): readonly number[] {
  const newest = Math.floor(now / NATURAL_BUCKET_MS);
  return Array.from({ length: NATURAL_BUCKETS }, (_, age) => newest - age);
}

/** Calls `visit` for every event that was taken and has a natural key, ascending by position. */
export function eachNaturalKey(
  { rejected, naturalKeys }: IntakeChecked,
  visit: (key: string, position: number) => void,
): void {
  if (!naturalKeys) return;
  const refused = new Set(rejected.map(({ index }) => index));
  naturalKeys.forEach((key, position) => {
    if (key !== null && !refused.has(position)) visit(key, position);
  });
}

/** Positions of events that repeat an earlier one of their request. */
export function repeatsWithin(checked: IntakeChecked): ReadonlySet<number> {
  const seen = new Set<string>();
  const repeats = new Set<number>();
  eachNaturalKey(checked, (key, position) => {
    if (seen.has(key)) repeats.add(position);
    seen.add(key);
  });
  return repeats;
}
