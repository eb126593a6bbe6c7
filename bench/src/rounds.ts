import type { DeliverRow } from './deliver.js';
import type { Row } from './table.js';

/** The least and the most of all rounds. */
export type Spread = readonly [least: number, most: number];

/**
 * Everything is measured in rounds, all subjects in each, and the median counts: a machine that others use is now faster,
 * now slower. Ratios are taken within a round.
 */
export async function inRounds<R>(rounds: number, measure: () => Promise<readonly R[]>): Promise<R[][]> {
  const results: R[][] = [];
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    results.push([...(await measure())]);
  }
  return results;
}

export function acceptMedians(rounds: readonly (readonly Row[])[]): readonly Row[] {
  return over(
    rounds,
    (rows, ceilings) => ({
      eventsPerSecond: median(rows.map((row) => row.eventsPerSecond)) ?? 0,
      spread: spreadOf(rows.map((row) => row.eventsPerSecond)),
      overCeiling: median(rows.map((row, i) => ratio(row.eventsPerSecond, ceilings[i]?.eventsPerSecond))),
      p50Ms: median(rows.map((row) => row.p50Ms)),
      p99Ms: median(rows.map((row) => row.p99Ms)),
      p99At70Ms: median(rows.map((row) => row.p99At70Ms)),
    }),
    'ceiling',
  );
}

export function deliverMedians(rounds: readonly (readonly DeliverRow[])[]): readonly DeliverRow[] {
  return over(
    rounds,
    (rows, naive) => ({
      seconds: median(rows.map((row) => row.seconds)) ?? 0,
      deliveriesPerSecond: median(rows.map((row) => row.deliveriesPerSecond)) ?? 0,
      spread: spreadOf(rows.map((row) => row.deliveriesPerSecond)),
      overNaive: median(rows.map((row, i) => ratio(row.deliveriesPerSecond, naive[i]?.deliveriesPerSecond))),
      overCeiling: median(rows.map((row) => row.overCeiling)),
      cpuSecondsPerMillionEvents: median(rows.map((row) => row.cpuSecondsPerMillionEvents)),
      rssMiB: median(rows.map((row) => row.rssMiB)),
      redisRssMiB: median(rows.map((row) => row.redisRssMiB)),
    }),
    'naive',
  );
}

/** Per case and subject: what `summarize` makes of its rows, one a round, and of those of the subject compared with. */
function over<R extends { readonly case: string; readonly subject: string }>(
  rounds: readonly (readonly R[])[],
  summarize: (rows: readonly R[], compared: readonly (R | undefined)[]) => Partial<R>,
  comparedSubject: string,
): readonly R[] {
  const find = (round: readonly R[], one: R, subject: string): R | undefined =>
    round.find((row) => row.case === one.case && row.subject === subject);
  return (rounds[0] ?? []).map((one) => {
    const rows = rounds.flatMap((round) => find(round, one, one.subject) ?? []);
    const compared = rounds.map((round) => find(round, one, comparedSubject));
    return { ...one, ...summarize(rows, compared) };
  });
}

const ratio = (value: number, of: number | undefined): number | undefined => (of ? value / of : undefined);

const spreadOf = (values: readonly number[]): Spread => [Math.min(...values), Math.max(...values)];

export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = Math.floor(known.length / 2);
  const [below, above] = [known[middle - 1], known[middle]];
  return known.length % 2 === 0 && below !== undefined && above !== undefined ? (below + above) / 2 : above;
}
