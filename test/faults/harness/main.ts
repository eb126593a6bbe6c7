import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAll } from '../../support/index.js';
import { fillTable } from './fill-curve.js';
import { fill, type FillSettings } from './fill.js';
import { readOrder, type RoundsOrder } from './order.js';
import type { Stretch } from './round-process.js';
import type { RoundResult } from './round.js';
import { progressLine, summaryTable } from './summary.js';

const roundScript = join(import.meta.dirname, 'round-process.js');
const ROUNDS_PER_INSTALLATION = 10;

/**
 * Installations are processes of their own: what one leaves behind does not touch the next, and a few run side by side.
 * Gives the seeds that came to no result.
 */
function runStretch(stretch: Stretch, onResult: (result: RoundResult) => Promise<void>): Promise<readonly number[]> {
  const { seeds } = stretch;
  return new Promise((resolve, reject) => {
    const child = fork(roundScript, [JSON.stringify(stretch)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let told = Promise.resolve();
    let count = 0;
    child.on('message', (message) => {
      count += 1;
      told = told.then(() => onResult(message as RoundResult));
    });
    child.once('exit', () => void told.then(() => resolve(seeds.slice(count)), reject));
  });
}

function stretches({ rounds, seed, workers, parallel, ...settings }: RoundsOrder): readonly Stretch[] {
  const each = Math.max(1, Math.min(ROUNDS_PER_INSTALLATION, Math.ceil(rounds / parallel)));
  return Array.from({ length: Math.ceil(rounds / each) }, (_, n) => ({
    seeds: Array.from({ length: Math.min(each, rounds - n * each) }, (_unused, i) => seed + n * each + i),
    workers: workers > 0 ? workers : 1 + (n % 2),
    settings,
  }));
}

interface Outcome {
  readonly results: readonly RoundResult[];
  readonly unfinished: readonly number[];
}

async function runAll(order: RoundsOrder): Promise<Outcome> {
  const results: RoundResult[] = [];
  const unfinished: number[] = [];
  const waiting = stretches(order).values();
  const tell = async (result: RoundResult): Promise<void> => {
    results.push(result);
    console.log(progressLine(result, results.length, order.rounds));
    await explain(result);
  };
  const lane = async (): Promise<void> => {
    for (const stretch of waiting) unfinished.push(...(await runStretch(stretch, tell)));
  };
  await Promise.all(Array.from({ length: order.parallel }, lane));
  return { results, unfinished };
}

async function explain({ seed, workers, lost, faults, output }: RoundResult): Promise<void> {
  if (lost.length === 0 && faults.length === 0) return;
  for (const name of lost.slice(0, 10)) console.log(`    lost: ${name}`);
  for (const fault of faults) console.log(`    wrong: ${fault}`);
  const path = join(tmpdir(), `faults-seed-${seed}.log`);
  await writeFile(path, output);
  console.log(
    `    again: npm run faults -- --rounds 1 --seed ${seed} --workers ${workers}     what the gateway said: ${path}`,
  );
}

/** True if nothing was lost and nothing else was wrong. */
async function runRounds(order: RoundsOrder): Promise<boolean> {
  const startedAt = Date.now();
  console.log(`${order.rounds} rounds from seed ${order.seed}, ${order.parallel} at a time`);
  const { results, unfinished } = await runAll(order);
  console.log(summaryTable(results, Date.now() - startedAt));
  if (unfinished.length > 0) console.log(`No result of the seeds ${unfinished.join(', ')}`);
  return unfinished.length === 0 && results.every(({ lost, faults }) => lost.length + faults.length === 0);
}

async function runFill(settings: FillSettings): Promise<boolean> {
  try {
    const result = await fill(settings);
    console.log(fillTable(result));
    return result.lost === 0;
  } finally {
    await endAll();
  }
}

const order = readOrder(process.argv.slice(2), availableParallelism());
if (typeof order === 'string') {
  console.error(order);
  process.exitCode = 2;
} else {
  const isGood = order.kind === 'fill' ? await runFill(order.settings) : await runRounds(order);
  process.exitCode = isGood ? 0 : 1;
}
