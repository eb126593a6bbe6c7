import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrder, type Order } from './order.js';
import type { RoundResult, RoundSettings } from './round.js';
import { progressLine, summaryTable } from './summary.js';

const roundScript = join(import.meta.dirname, 'round-process.js');

/** Rounds are processes of their own: what one leaves behind does not touch the next, and a few may run side by side. */
function runInProcess(settings: RoundSettings): Promise<RoundResult> {
  return new Promise((resolve, reject) => {
    const child = fork(roundScript, [JSON.stringify(settings)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let result: RoundResult | undefined;
    child.on('message', (message) => (result = message as RoundResult));
    child.once('exit', (code) => {
      if (result) resolve(result);
      else reject(new Error(`the round of seed ${settings.seed} ended with ${code} and no result`));
    });
  });
}

async function runAll({ rounds, seed, parallel, ...settings }: Order): Promise<readonly RoundResult[]> {
  const results: RoundResult[] = [];
  const seeds = Array.from({ length: rounds }, (_, n) => seed + n).values();
  const lane = async (): Promise<void> => {
    for (const next of seeds) {
      const result = await runInProcess({ ...settings, seed: next });
      results.push(result);
      console.log(progressLine(result, results.length, rounds));
      await explain(result);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return results;
}

async function explain({ seed, lost, faults, output }: RoundResult): Promise<void> {
  if (lost.length === 0 && faults.length === 0) return;
  for (const name of lost.slice(0, 10)) console.log(`    lost: ${name}`);
  for (const fault of faults) console.log(`    wrong: ${fault}`);
  const path = join(tmpdir(), `faults-seed-${seed}.log`);
  await writeFile(path, output);
  console.log(`    again: npm run faults -- --rounds 1 --seed ${seed}     what the gateway said: ${path}`);
}

const order = readOrder(process.argv.slice(2), availableParallelism());
if (typeof order === 'string') {
  console.error(order);
  process.exitCode = 2;
} else {
  const startedAt = Date.now();
  console.log(`${order.rounds} rounds from seed ${order.seed}, ${order.parallel} at a time`);
  const results = await runAll(order);
  console.log(summaryTable(results, Date.now() - startedAt));
  process.exitCode = results.every(({ lost, faults }) => lost.length + faults.length === 0) ? 0 : 1;
}
