import { parseArgs } from 'node:util';
import type { FillSettings } from './fill.js';
import type { RoundSettings } from './round.js';

/** What the command line asks for. */
export type Order = RoundsOrder | { readonly kind: 'fill'; readonly settings: FillSettings };

export interface RoundsOrder extends RoundSettings {
  readonly kind: 'rounds';
  readonly rounds: number;
  /** Installations at the same time: much of a round is waiting. */
  readonly parallel: number;
  /** Worker processes; 0: one or two by turns. */
  readonly workers: number;
}

/** How long the full queue goes on refusing before the destination comes back. */
const FULL_MS = 5_000;

const USAGE = `npm run faults -- [--rounds 10] [--seed 1] [--events 3500] [--kills 2] [--others 5] [--lasts 3500] [--workers 1] [--parallel 2]
  --rounds    how many, each with a seed of its own from --seed upwards
  --events    acknowledged events per round, at least
  --kills     processes killed per round;  --others  other faults per round;  --lasts  spread over so many milliseconds
  --workers   worker processes; unless given, two in every second installation
  --parallel  installations at the same time; each goes through ten rounds
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
        workers: number,
        parallel: number,
        fill: { type: 'boolean', default: false },
        megabytes: number,
      },
    });
    if (values.fill) {
      const maxQueuedBytes = whole(values.megabytes, 64) * 1_048_576;
      return { kind: 'fill', settings: { maxQueuedBytes, fullMs: FULL_MS } };
    }
    return {
      kind: 'rounds',
      rounds: whole(values.rounds, 10),
      seed: whole(values.seed, 1),
      events: whole(values.events, 3_500),
      kills: whole(values.kills, 2),
      others: whole(values.others, 5),
      lastsMs: whole(values.lasts, 3_500),
      workers: whole(values.workers, 0),
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
