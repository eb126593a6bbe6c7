import type { DeliverRow } from './deliver.js';
import type { Spread } from './rounds.js';

export interface Row {
  readonly case: string;
  /** What was measured: ceiling, naive, gateway. */
  readonly subject: string;
  readonly eventsPerSecond: number;
  readonly spread?: Spread;
  /** Share of the ceiling's events per second for the same case. */
  readonly overCeiling?: number | undefined;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  /** At 70 % of the measured rate. */
  readonly p99At70Ms?: number | undefined;
}

const number = (value: number | undefined, digits = 0): string =>
  value === undefined
    ? ''
    : value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });

const range = (spread: Spread | undefined): string => (spread ? spread.map((value) => number(value)).join('–') : '');

/** One line per row. */
export function printTable(title: string, rows: readonly Row[]): void {
  const header = ['case', 'subject', 'events/s', 'spread', '/ceiling', 'p50 ms', 'p99 ms', 'p99 at 70 %'];
  print(
    title,
    header,
    rows.map((row) => {
      const times = [number(row.p50Ms, 1), number(row.p99Ms, 1), number(row.p99At70Ms, 1)];
      const rate = [number(row.eventsPerSecond), range(row.spread), number(row.overCeiling, 2)];
      return [row.case, row.subject, ...rate, ...times];
    }),
  );
}

export function printDelivered(title: string, rows: readonly DeliverRow[]): void {
  const header = [
    'case',
    'subject',
    'deliveries/s',
    'spread',
    '/naive',
    '/ceiling',
    'CPU s per M events',
    'RSS MiB',
    'Redis MiB',
  ];
  print(
    title,
    header,
    rows.map((row) => [
      row.case,
      row.subject,
      number(row.deliveriesPerSecond),
      range(row.spread),
      number(row.overNaive, 1),
      number(row.overCeiling, 2),
      number(row.cpuSecondsPerMillionEvents, 1),
      number(row.rssMiB),
      number(row.redisRssMiB),
    ]),
  );
}

function print(title: string, header: readonly string[], lines: readonly (readonly string[])[]): void {
  const widths = header.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const text = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  console.log(`\n${title}\n${text(header)}`);
  for (const line of lines) console.log(text(line));
}
