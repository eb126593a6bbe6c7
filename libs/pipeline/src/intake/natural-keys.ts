import type { IntakeChecked } from './append-request.js';

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
