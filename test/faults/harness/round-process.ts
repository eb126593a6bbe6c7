import { endAll } from '../../support/index.js';
import { runRound, type RoundSettings } from './round.js';

/** One round; its settings are the argument, its result goes to the parent. */
const settings = JSON.parse(process.argv[2] ?? '{}') as RoundSettings;
try {
  const result = await runRound(settings);
  await new Promise((resolve) => process.send?.(result, resolve));
} finally {
  await endAll();
}
process.disconnect();
