import { rejectedName } from './rejected-name.js';

describe("a refused event's name", () => {
  it('is told as it came', () => {
    expect(rejectedName('order_completed')).toEqual({ name: 'order_completed' });
    expect(rejectedName('🎉'.repeat(200))).toEqual({ name: '🎉'.repeat(200) });
  });

  it('is cut after 200 characters', () => {
    expect(rejectedName('n'.repeat(10_000))).toEqual({ name: 'n'.repeat(200) });
    expect(rejectedName(`n${'🎉'.repeat(10_000)}`)).toEqual({ name: `n${'🎉'.repeat(199)}` });
  });

  it.each([undefined, null, '', 5, {}])('is absent where it is %j', (name) => {
    expect(rejectedName(name)).toEqual({});
  });
});
