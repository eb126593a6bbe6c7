import { setImmediate as nextTurn } from 'node:timers/promises';
import { LoopPacer } from './loop-pacer.js';

const KIB = 1024;

describe('LoopPacer', () => {
  it('lets small bodies go at once, however many', () => {
    const pacer = new LoopPacer();
    for (let i = 0; i < 512; i++) expect(pacer.turn(KIB / 2)).toBeUndefined();
  });

  it('lets one body go that is larger than a turn', () => {
    expect(new LoopPacer().turn(4_096 * KIB)).toBeUndefined();
  });

  it('gives large bodies a turn of the event loop each, in the order in which they came', async () => {
    const pacer = new LoopPacer();
    const gone: number[] = [];
    for (const [i, kib] of [400, 400, 1, 300, 10].entries()) void go(pacer, kib, () => gone.push(i));
    expect(gone).toEqual([0]);
    await nextTurn();
    expect(gone).toEqual([0, 1]);
    await nextTurn();
    expect(gone).toEqual([0, 1, 2, 3]);
    await nextTurn();
    expect(gone).toEqual([0, 1, 2, 3, 4]);
  });

  it('lets what comes later wait behind what waits already', async () => {
    const pacer = new LoopPacer();
    const gone: string[] = [];
    void go(pacer, 400, () => gone.push('first'));
    void go(pacer, 400, () => gone.push('second'));
    void go(pacer, 400, () => gone.push('third'));
    await nextTurn();
    void go(pacer, 1, () => gone.push('late'));
    expect(gone).toEqual(['first', 'second']);
    await nextTurn();
    expect(gone).toEqual(['first', 'second', 'third']);
    await nextTurn();
    expect(gone).toEqual(['first', 'second', 'third', 'late']);
  });

  it('makes nobody wait once a turn is over', async () => {
    const pacer = new LoopPacer();
    expect(pacer.turn(400 * KIB)).toBeUndefined();
    await nextTurn();
    expect(pacer.turn(400 * KIB)).toBeUndefined();
  });
});

async function go(pacer: LoopPacer, kib: number, then: () => void): Promise<void> {
  const turn = pacer.turn(kib * KIB);
  if (turn) await turn;
  then();
}
