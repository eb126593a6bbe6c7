import { planOf } from './plan.js';

const settings = { lastsMs: 3_000, kills: 3, others: 7 };

describe('a plan of faults', () => {
  it('is the same for the same seed and another for another', () => {
    expect(planOf(7, settings)).toEqual(planOf(7, settings));
    expect(planOf(7, settings)).not.toEqual(planOf(8, settings));
  });

  it('has as many kills and others as asked for, spread over the time', () => {
    const plan = planOf(7, settings);
    expect(plan.filter(({ fault }) => fault.kind === 'kill')).toHaveLength(3);
    expect(plan).toHaveLength(10);
    expect(Math.max(...plan.map(({ atMs }) => atMs))).toBeGreaterThan(2_000);
    expect(plan.every(({ atMs }) => atMs >= 0 && atMs <= 3_000)).toBe(true);
  });

  it('has every kind of fault before long', () => {
    const kinds = Array.from({ length: 50 }, (_, seed) => planOf(seed, settings)).flatMap((plan) =>
      plan.map(({ fault }) => fault.kind),
    );
    expect([...new Set(kinds)].sort()).toEqual(
      ['cut', 'disk_full', 'freeze', 'kill', 'memory_full', 'mute', 'part', 'script', 'slow'].sort(),
    );
  });
});
