import { Ledger } from './ledger.js';
import type { Receiver } from './receivers.js';
import { outOfOrder } from './user-order.js';

/** Ann's events are accepted as 1, 2, 3, Ben's only one between them. */
function judged(...arrived: readonly string[]): readonly string[] {
  const ledger = new Ledger();
  for (const [mark, user] of [
    ['flokit-1', 'ann'],
    ['flokit-2', 'ann'],
    ['flokit-7', 'ben'],
    ['flokit-3', 'ann'],
  ] as const) {
    ledger.send([{ mark, user, name: 'happened', time: '2026-05-01T00:00:00.000Z', kind: 'timed' }]);
  }
  const receiver = { arrivals: () => arrived.map((mark) => ({ mark, at: 1_000 })) } as Partial<Receiver> as Receiver;
  return outOfOrder(ledger, receiver);
}

describe("the order of each user's events", () => {
  it('is that of acceptance, whatever comes again and whatever others do', () => {
    expect(judged('flokit-7', 'flokit-1', 'flokit-2', 'flokit-1', 'flokit-3', 'flokit-2')).toEqual([]);
  });

  it('does not miss what was parked or erased', () => {
    expect(judged('flokit-1', 'flokit-3')).toEqual([]);
  });

  it('is broken where a later event comes first, even if the earlier one was sent once more', () => {
    expect(judged('flokit-1', 'flokit-3', 'flokit-2', 'flokit-3')).toEqual([
      'flokit-3 of ann came before flokit-2, which was accepted earlier',
    ]);
  });
});
