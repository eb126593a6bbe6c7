import type { Gauge } from '#platform';

/** Stands for every destination that has no series of its own. No destination can have it as its id. */
export const OTHERS = '(others)';

/** Destinations with series of their own, per series. */
const MAX_NAMED = 100;

/**
 * Label values for counters: the first destinations that a process sees keep their names for as long as it runs, so that
 * no counter ever falls; the rest are counted together.
 */
export class DestinationLabels {
  private readonly named = new Set<string>();

  label(destinationId: string): string {
    if (this.named.has(destinationId)) return destinationId;
    if (this.named.size >= MAX_NAMED) return OTHERS;
    this.named.add(destinationId);
    return destinationId;
  }
}

/** For gauges: the largest by name, what is left as one. Destinations at zero have no series. */
export function setLargest(
  gauge: Gauge<'destination'>,
  values: readonly (readonly [destinationId: string, value: number])[],
  combine: (rest: readonly number[]) => number = sum,
): void {
  const present = values.filter(([, value]) => value > 0).sort(([, a], [, b]) => b - a);
  gauge.reset();
  for (const [destination, value] of present.slice(0, MAX_NAMED)) gauge.set({ destination }, value);
  // Always there: a sum over the series is right, and 0 where nothing is.
  gauge.set({ destination: OTHERS }, combine(present.slice(MAX_NAMED).map(([, value]) => value)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
