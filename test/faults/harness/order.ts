import { parseArgs } from 'node:util';
import type { RoundSettings } from './round.js';

/** What the command line asks for. */
export interface Order extends RoundSettings {
  readonly rounds: number;
  /** Rounds at the same time: much of a round is waiting. */
  readonly parallel: number;
}

const USAGE = `npm run faults -- [--rounds 10] [--seed 1] [--events 3500] [--kills 2] [--others 5] [--lasts 3500] [--parallel 2]
  --rounds    how many, each with a seed of its own from --seed upwards
  --events    acknowledged events per round, at least
  --kills     processes killed per round;  --others  other faults per round;  --lasts  spread over so many milliseconds
  --parallel  rounds at the same time
npm run faults -- --fill [--megabytes 64]
  fills the queue until load is shed, lets it drain, and prints the curve`;

/** The order, or how to give one. */
export function readOrder(args: readonly string[], cores: number): Order | string {
  const number = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: number,
        seed: number,
        events: number,
        kills: number,
        others: number,
        lasts: number,
        parallel: number,
      },
    });
    return {
      rounds: whole(values.rounds, 10),
      seed: whole(values.seed, 1),
      events: whole(values.events, 3_500),
      kills: whole(values.kills, 2),
      others: whole(values.others, 5),
      lastsMs: whole(values.lasts, 3_500),
      parallel: whole(values.parallel, cores),
    };
  } catch (error) {
    return `${String(error)}\n\n${USAGE}`;
  }
}

function whole(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`${text} is no whole number`);
  return Number(text);
}
