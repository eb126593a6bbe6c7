import { endAll } from '../../support/index.js';
import { runRound, type RoundResult, type RoundSettings } from './round.js';
import { createWorld } from './world.js';

/** What one installation goes through, one seed after the other. */
export interface Stretch {
  readonly seeds: readonly number[];
  readonly workers: number;
  readonly settings: Omit<RoundSettings, 'seed'>;
}

const { seeds, workers, settings } = JSON.parse(process.argv[2] ?? '{}') as Stretch;

/** An installation in which something went wrong would only repeat it. */
function isSpoilt({ lost, faults }: RoundResult): boolean {
  return lost.length + faults.length > 0;
}

try {
  let world = await createWorld({ workers });
  for (const seed of seeds) {
    const result = await runRound(world, { ...settings, seed });
    await new Promise((resolve) => process.send?.(result, resolve));
    if (!isSpoilt(result)) continue;
    await world.retire();
    world = await createWorld({ workers });
  }
  await world.retire();
} finally {
  await endAll();
}
process.disconnect();
