import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureAccept, measureCeiling, measureNaive, type AcceptCase } from './accept.js';
import { allDialects, flokit } from './bodies.js';
import { measureDestinations } from './destinations.js';
import { endAll } from './processes.js';
import { printTable, type Row } from './table.js';

const resultsPath = join(import.meta.dirname, '../../../../bench/results.json');
const isQuick = process.argv.includes('--quick');
const timing = isQuick ? { warmupMs: 1_000, durationMs: 2_000 } : { warmupMs: 3_000, durationMs: 8_000 };

const sizes: readonly AcceptCase[] = [
  { load: flokit, events: 1, eventBytes: 250, connections: 128 },
  { load: flokit, events: 100, eventBytes: 250, connections: 32 },
  { load: flokit, events: 1_000, eventBytes: 250, connections: 16 },
];
const dialects: readonly AcceptCase[] = allDialects.map((load) => ({
  load,
  events: 100,
  eventBytes: 250,
  connections: 32,
}));

async function main(): Promise<void> {
  const accept = [
    ...(await measureCeiling(sizes, timing)),
    ...(await measureNaive(sizes, timing)),
    ...(await measureAccept(sizes, timing)),
  ];
  printTable('Accepted, durable before the answer (fsync always)', accept);
  const byDialect = await measureAccept(dialects, timing);
  printTable('The four dialects', byDialect);
  await write({ accept, byDialect });
}

async function write(tables: Readonly<Record<string, readonly Row[]>>): Promise<void> {
  const machine = { cores: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version };
  await writeFile(
    resultsPath,
    `${JSON.stringify({ at: new Date().toISOString(), machine, timing, tables }, null, 2)}\n`,
  );
}

const cases: Readonly<Record<string, () => Promise<unknown>>> = {
  destinations: async () => console.table(await measureDestinations()),
};

try {
  const asked = process.argv[process.argv.indexOf('--case') + 1];
  const single = process.argv.includes('--case') ? cases[asked ?? ''] : main;
  if (!single) throw new Error(`--case is one of ${Object.keys(cases).join(', ')}`);
  await single();
} finally {
  await endAll();
}
