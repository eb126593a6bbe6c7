import type { Destination } from '#control-plane';
import { SizeRatios } from './size-ratios.js';

const destination = (): Destination => ({}) as Destination;

describe('the size of requests over what was estimated', () => {
  it('is 1 until something was sent, and never less', () => {
    const ratios = new SizeRatios();
    const one = destination();
    expect(ratios.of(one)).toBe(1);
    ratios.observe(one, 1_000, 300);
    expect(ratios.of(one)).toBe(1);
  });

  it('goes up at once and down slowly, for one destination alone', () => {
    const ratios = new SizeRatios();
    const [one, other] = [destination(), destination()];
    ratios.observe(one, 1_000, 1_500);
    expect(ratios.of(one)).toBe(1.5);
    ratios.observe(one, 1_000, 1_000);
    expect(ratios.of(one)).toBeCloseTo(1.45);
    for (let i = 0; i < 100; i++) ratios.observe(one, 1_000, 1_000);
    expect(ratios.of(one)).toBeCloseTo(1, 3);
    expect(ratios.of(other)).toBe(1);
  });

  it('is bounded, whatever a single batch was like', () => {
    const ratios = new SizeRatios();
    const one = destination();
    ratios.observe(one, 0, 1_000_000);
    expect(ratios.of(one)).toBe(4);
  });
});
