import { deliver, standard, type DeliverCase, type DeliverRow } from './deliver.js';

const variants: readonly Partial<DeliverCase>[] = [
  { destinations: 1 },
  { destinations: 10, events: 200_000 },
  { destinations: 30, events: 70_000 },
  { destinations: 100, events: 20_000 },
  { batch: 1, events: 100_000 },
  { batch: 10, events: 300_000 },
  { batch: 1_000 },
  { eventBytes: 2_000, events: 100_000 },
  { fsync: 'everysec' },
  { processes: 'api + worker' },
];

/** How throughput changes with one dimension at a time. */
export async function measureScaling(): Promise<readonly DeliverRow[]> {
  const rows = [await deliver(standard)];
  for (const variant of variants) rows.push(await deliver({ ...standard, ...variant }));
  return rows;
}
