import { report } from '../support/index.js';
import type { Fault } from './harness/plan.js';
import { runRound, type RoundResult } from './harness/round.js';
import { progressLine } from './harness/summary.js';
import { createWorld } from './harness/world.js';

/** Another one: `FAULT_SEED=7 npm test -- test/faults/faults`. Many: `npm run faults`. */
const seed = Number(process.env.FAULT_SEED ?? 20_261_120);
const kills = 20;

describe('an installation whose parts are killed, frozen, cut off and filled up', () => {
  const struck: Fault[] = [];
  let result: RoundResult;

  beforeAll(async () => {
    const world = await createWorld({ workers: 2 });
    const settings = { seed, kills, others: 12, lastsMs: 36_000, events: 5_000 };
    result = await runRound(world, settings, (fault) => struck.push(fault)).finally(() => world.retire());
    report(progressLine(result, 1, 1));
  }, 180_000);

  it('has been through a lot', () => {
    expect(struck.filter(({ kind }) => kind === 'kill')).toHaveLength(kills);
    expect(struck.length).toBeGreaterThanOrEqual(kills + 10);
    expect(result.acknowledged).toBeGreaterThanOrEqual(5_000);
    expect(result.refusals).toBeGreaterThan(0);
  });

  it('has repacked what a paused destination kept, and looked at the order of every user', () => {
    expect(result.repacked).toBeGreaterThan(0);
    expect(result.orderedUsers).toBe(50);
  });

  it('has lost no event that it acknowledged, at any destination', () => {
    expect(result.lost).toEqual([]);
  });

  it("repeats requests unchanged, keeps users' order where asked to, parks an event once, and has its books in order", () => {
    expect(result.faults.map((fault) => `${fault}\n${result.output.slice(-3_000)}`)).toEqual([]);
  });
});
