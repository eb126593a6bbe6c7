import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { measureAccept, measureCeiling, measureNaive, type AcceptCase } from './accept.js';
import { measureArrival } from './arrival.js';
import { measureBacklog } from './backlog.js';
import { allDialects, flokit } from './bodies.js';
import { chart } from './chart.js';
import { measureConsole } from './console.js';
import { deliver, deliverNaively, standard, type DeliverRow } from './deliver.js';
import { measureDestinations } from './destinations.js';
import { measureIsolation } from './isolation.js';
import { machine, stolenShare } from './machine.js';
import { endAll } from './processes.js';
import { profileStages } from './profile.js';
import { acceptMedians, deliverMedians, inRounds } from './rounds.js';
import { measureScaling } from './scaling.js';
import { measureSoak } from './soak.js';
import { printDelivered, printTable, type Row } from './table.js';

const resultsPath = join(import.meta.dirname, '../../../../bench/results.json');
const chartPath = join(import.meta.dirname, '../../../../docs/images/throughput.svg');
const isQuick = process.argv.includes('--quick');
const timing = isQuick
  ? { warmupMs: 1_000, durationMs: 2_000, calmMs: 2_000 }
  : { warmupMs: 3_000, durationMs: 8_000, calmMs: 25_000 };

const ROUNDS = 3;

const hundreds: AcceptCase = { load: flokit, events: 100, eventBytes: 250, connections: 32 };
const sizes: readonly AcceptCase[] = [
  { load: flokit, events: 1, eventBytes: 250, connections: 128 },
  hundreds,
  { load: flokit, events: 1_000, eventBytes: 250, connections: 16 },
];
const dialects: readonly AcceptCase[] = allDialects.map((load) => ({ ...hundreds, load }));

/** More destinations, fewer events: the deliveries are what takes time. */
const fanOuts = [
  { destinations: 1, events: 500_000 },
  { destinations: 3, events: 300_000 },
  { destinations: 10, events: 100_000 },
];
/** The naive build needs about as long for so much less. */
const NAIVE_SHARE = 1 / 30;

async function main(): Promise<void> {
  const accept = await acceptSizes();
  const byDialect = acceptMedians(await inRounds(ROUNDS, () => measureAccept(dialects, timing)));
  printTable('The four dialects', byDialect);
  const delivered = deliverMedians(await inRounds(ROUNDS, measureFanOuts));
  printDelivered('Delivered, from the first request to the last arrival', delivered);
  const arrival = await measureArrival();
  console.log(
    `\nFrom acknowledgement to arrival, idle, maxWaitMs 0: p50 ${arrival.p50Ms.toFixed(1)} ms, p99 ${arrival.p99Ms.toFixed(1)} ms`,
  );
  await write({ accept, byDialect, delivered, arrival });
  await mkdir(dirname(chartPath), { recursive: true });
  await writeFile(chartPath, chart(accept, delivered));
}

async function acceptSizes(): Promise<ReturnType<typeof acceptMedians>> {
  const accept = acceptMedians(await inRounds(ROUNDS, measureSizes));
  printTable('Accepted, durable before the answer (fsync always)', accept);
  return accept;
}

/** One case after the other, so that subjects which are compared are measured close together. */
async function measureSizes(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    for (const measure of [measureCeiling, measureNaive, measureAccept]) rows.push(...(await measure([size], timing)));
  }
  return rows;
}

async function measureFanOuts(): Promise<readonly DeliverRow[]> {
  const rows: DeliverRow[] = [];
  for (const fanOut of fanOuts) {
    const one = { ...standard, ...fanOut, ...(isQuick && { events: fanOut.events / 5, warmupMs: 3_000 }) };
    rows.push(await deliverNaively({ ...one, events: Math.round((one.events * NAIVE_SHARE) / 100) * 100 }));
    const [ceiling] = await measureCeiling([hundreds], timing);
    const delivered = await deliver(one);
    rows.push({ ...delivered, overCeiling: ceiling && delivered.deliveriesPerSecond / ceiling.eventsPerSecond });
  }
  return rows;
}

async function write(tables: Readonly<Record<string, unknown>>): Promise<void> {
  const at = new Date().toISOString();
  const results = { at, machine, stolenShare: stolenShare(), rounds: ROUNDS, timing, tables };
  await writeFile(resultsPath, `${JSON.stringify(results, null, 2)}\n`);
}

const cases: Readonly<Record<string, () => Promise<unknown>>> = {
  accept: acceptSizes,
  deliver: async () => printDelivered('Delivered', await measureFanOuts()),
  arrival: async () => console.table(await measureArrival()),
  destinations: async () => console.table(await measureDestinations()),
  scaling: async () => printDelivered('Scaling, one dimension at a time', await measureScaling()),
  backlog: async () => console.table(await measureBacklog()),
  soak: async () => console.table(await measureSoak()),
  console: async () => console.table(await measureConsole()),
  isolation: async () => console.table(await measureIsolation()),
};

try {
  const asked = process.argv[process.argv.indexOf('--case') + 1];
  const single = process.argv.includes('--profile')
    ? async () => console.table(await profileStages())
    : process.argv.includes('--case')
      ? cases[asked ?? '']
      : main;
  if (!single) throw new Error(`--case is one of ${Object.keys(cases).join(', ')}`);
  await single();
  console.log(
    `\nOther machines of this host took ${Math.round(100 * stolenShare())} % of the processors' time meanwhile.`,
  );
} finally {
  await endAll();
}
