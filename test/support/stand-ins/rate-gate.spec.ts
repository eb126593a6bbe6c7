import { RateGate } from './rate-gate.js';

describe('RateGate', () => {
  const windows = {
    bulk: [
      { requests: 2, perSeconds: 1 },
      { requests: 3, perSeconds: 60 },
    ],
  };

  it('holds all windows together and tells the longest', () => {
    let nowMs = 0;
    const gate = new RateGate(windows, 1, () => nowMs);
    expect(gate.take('bulk')).toEqual({ kind: 'allowed', limit: 3, remaining: 2, resetSeconds: 60 });
    expect(gate.take('bulk')).toEqual({ kind: 'allowed', limit: 3, remaining: 1, resetSeconds: 60 });
    nowMs = 100;
    expect(gate.take('bulk')).toEqual({ kind: 'limited', retryAfterSeconds: 1 });
    nowMs = 1_000;
    expect(gate.take('bulk')).toEqual({ kind: 'allowed', limit: 3, remaining: 0, resetSeconds: 59 });
    expect(gate.take('bulk')).toEqual({ kind: 'limited', retryAfterSeconds: 59 });
  });

  it('shrinks windows and words alike', () => {
    const gate = new RateGate(windows, 20, () => 10);
    gate.take('bulk');
    gate.take('bulk');
    expect(gate.take('bulk')).toEqual({ kind: 'limited', retryAfterSeconds: 0.04 });
  });
});
