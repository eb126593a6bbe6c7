import fc from 'fast-check';
import type { EventOutcome, Interpretation } from '#destinations';
import { countRanges, fromRanges, toRanges } from '../segment/position-ranges.js';
import { advance, nextOf, sending } from './advance.js';
import type { Part } from './batch-record.js';
import { newPart } from './plan.js';
import type { Moment, Step } from './step.js';

const retry = { maxAttempts: 3, maxAgeSeconds: 60, minDelayMs: 1_000, maxDelayMs: 60_000 };
const moment: Moment = { now: 1_000_000, random: 0.5, refusals: 0 };
const refusal = { code: 'http_400', detail: 'bad' };
const range = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

/** Sends a batch to a vendor that refuses, without saying why, every request with one of the bad events or too many. */
function deliver(
  size: number,
  bad: ReadonlySet<number>,
  most = size,
): { requests: number; delivered: number[]; rejected: number[] } {
  let parts: readonly Part[] = [newPart('events', range(size))];
  let requests = 0;
  let refusals = 0;
  const delivered: number[] = [];
  const rejected: number[] = [];
  for (let [part, ...others] = parts; part; [part, ...others] = parts) {
    requests++;
    const sent = fromRanges(sending(part));
    const isRefused = sent.length > most || sent.some((member) => bad.has(member));
    const answer: Interpretation = isRefused ? { kind: 'refused', refusal } : { kind: 'delivered' };
    const step: Step = advance(part, answer, retry, { ...moment, refusals: Math.min(refusals, 8) });
    refusals = step.delivered.length > 0 ? 0 : refusals + step.refusedSingles;
    delivered.push(...step.delivered);
    rejected.push(...step.rejected.map(({ member }) => member));
    parts = [...step.parts, ...others];
  }
  return { requests, delivered, rejected };
}

describe('a batch refused without naming the culprit', () => {
  it.each([2, 3, 10, 500, 1_000, 1_024])('of %i events: one bad one is found in ⌈log₂ n⌉+1 extra requests', (size) => {
    for (const culprit of new Set([0, 1, size >> 1, size - 1])) {
      const { requests, delivered, rejected } = deliver(size, new Set([culprit]));
      expect(rejected).toEqual([culprit]);
      expect(delivered.sort((a, b) => a - b)).toEqual(range(size).filter((member) => member !== culprit));
      expect(requests - 1).toBeLessThanOrEqual(Math.ceil(Math.log2(size)) + 1);
    }
  });

  it('delivers every good event once and names every bad one once, however many there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(199), { maxLength: 12 }), (size, list) => {
        const bad = new Set(list.filter((member) => member < size));
        const { delivered, rejected } = deliver(size, bad);
        expect(rejected.sort((a, b) => a - b)).toEqual([...bad].sort((a, b) => a - b));
        expect(delivered.sort((a, b) => a - b)).toEqual(range(size).filter((member) => !bad.has(member)));
      }),
    );
  });

  it('takes no event for bad because there were too many of them', () => {
    const arbitraries = [fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), fc.nat(99)] as const;
    fc.assert(
      fc.property(...arbitraries, (size, most, culprit) => {
        const bad = new Set(culprit < size ? [culprit] : []);
        const { delivered, rejected } = deliver(size, bad, most);
        expect(rejected).toEqual([...bad]);
        expect(delivered.sort((a, b) => a - b)).toEqual(range(size).filter((member) => !bad.has(member)));
      }),
    );
  });
});

describe('a failed request', () => {
  const part = newPart('events', [0, 1, 2]);

  it('is tried again with backoff and full jitter', () => {
    const step = advance(part, { kind: 'retry', code: 'timeout' }, retry, moment);
    expect(step.parts).toEqual([{ ...part, attempts: 1, firstAttemptAt: 1_000_000, notBefore: 1_000_500 }]);
    expect(step.health).toEqual({ kind: 'failed', code: 'timeout' });
  });

  it('becomes dead letters when its attempts are used up', () => {
    const step = advance({ ...part, attempts: 2 }, { kind: 'retry', code: 'timeout' }, retry, moment);
    expect(step.parts).toEqual([]);
    expect(step.rejected).toEqual(
      [0, 1, 2].map((member) => ({ member, code: 'attempts_exhausted', detail: 'last try: timeout' })),
    );
  });

  it('becomes dead letters when it is too old, time held not counted', () => {
    const old = { ...part, firstAttemptAt: moment.now - 100_000 };
    expect(advance(old, { kind: 'retry', code: 'x' }, retry, moment).rejected).toHaveLength(3);
    expect(advance({ ...old, heldMs: 50_000 }, { kind: 'retry', code: 'x' }, retry, moment).rejected).toHaveLength(0);
  });

  it('costs no attempt when the destination says how long to wait', () => {
    const step = advance(part, { kind: 'retry', code: 'http_503', afterMs: 7_000 }, retry, moment);
    expect(step.parts).toEqual([{ ...part, firstAttemptAt: 1_000_000 }]);
    expect(step.holdMs).toBe(7_000);
  });

  it('costs an attempt when the destination asks to slow down and not for how long', () => {
    const step = advance({ ...part, attempts: 1 }, { kind: 'throttled' }, retry, moment);
    expect(step.parts).toEqual([{ ...part, attempts: 2, firstAttemptAt: 1_000_000, notBefore: 1_001_000 }]);
    expect([step.health, step.holdMs]).toEqual([{ kind: 'failed', code: 'http_429' }, 0]);
    const last = advance({ ...part, attempts: 2 }, { kind: 'throttled' }, retry, moment);
    expect(last.parts).toEqual([]);
    expect(last.rejected).toEqual(
      [0, 1, 2].map((member) => ({ member, code: 'attempts_exhausted', detail: 'last try: http_429' })),
    );
  });

  it('costs no attempt as a probe of an open breaker, and leaves its place for a while', () => {
    const step = advance(part, { kind: 'retry', code: 'x' }, retry, { ...moment, probing: 'http_500' });
    expect(step.parts).toEqual([{ ...part, firstAttemptAt: 1_000_000, notBefore: 1_015_000 }]);
  });

  it('is not tried in a tight loop when the destination asks for no wait', () => {
    expect(advance(part, { kind: 'throttled', afterMs: 0 }, retry, moment).holdMs).toBe(250);
    expect(advance(part, { kind: 'retry', code: 'http_503', afterMs: 0 }, retry, moment).holdMs).toBe(250);
  });

  it('never waits longer than maxAgeSeconds for a Retry-After', () => {
    expect(advance(part, { kind: 'throttled', afterMs: 9e9 }, retry, moment).holdMs).toBe(60_000);
  });
});

describe('the part that is asked next', () => {
  const part = (name: number, notBefore: number): Part => ({ ...newPart('events', [name]), notBefore });

  it('is the first that is due: none that is due waits for ever behind others that never were put off', () => {
    expect(nextOf([part(1, 500), part(2, 0)], 1_000)?.members).toBe('1');
  });

  it('is the one that is due first where none is', () => {
    expect(nextOf([part(1, 3_000), part(2, 2_000)], 1_000)?.members).toBe('2');
    expect(nextOf([], 1_000)).toBeUndefined();
  });
});

describe('other answers', () => {
  const part = newPart('events', range(5));

  it('413 halves the request', () => {
    const step = advance(part, { kind: 'too_large', refusal }, retry, moment);
    expect(step.parts.map(({ members }) => members)).toEqual(['0-2', '3-4']);
  });

  it('per-event outcomes settle each on its own', () => {
    const outcomes = [
      { kind: 'delivered' },
      { kind: 'rejected', refusal },
      { kind: 'retry' },
      { kind: 'duplicate' },
      { kind: 'delivered' },
    ] as const;
    const step = advance(part, { kind: 'per_event', outcomes }, retry, moment);
    expect(step.delivered).toEqual([0, 4]);
    expect(step.duplicate).toEqual([3]);
    expect(step.rejected).toEqual([{ member: 1, ...refusal }]);
    expect(step.parts.map(({ members, attempts }) => [members, attempts])).toEqual([['2', 1]]);
  });

  it('one bad event fails all: the others go again at once, as one request that costs no attempt', () => {
    const tried = { ...part, attempts: 2, firstAttemptAt: 900_000 };
    const outcomes = [
      { kind: 'resend' },
      { kind: 'rejected', refusal },
      { kind: 'resend' },
      { kind: 'resend' },
      { kind: 'rejected', refusal },
    ] as const;
    const step = advance(tried, { kind: 'per_event', outcomes }, retry, moment);
    expect(step.rejected).toEqual([
      { member: 1, ...refusal },
      { member: 4, ...refusal },
    ]);
    expect(step.parts).toEqual([{ ...tried, members: '0,2-3' }]);
    expect(step.health).toEqual({ kind: 'good', accepted: false });
  });

  it('what is to be tried later goes apart from what goes at once', () => {
    const outcomes = range(5).map((n) => ({ kind: n === 1 ? 'retry' : 'resend' }) as const);
    const step = advance(part, { kind: 'per_event', outcomes }, retry, moment);
    expect(step.parts).toMatchObject([
      { members: '0,2-4', attempts: 0 },
      { members: '1', attempts: 1, notBefore: 1_000_500 },
    ]);
  });

  it('an answer that has everything sent again counts as a failure, so that it ends', () => {
    const outcomes = range(5).map(() => ({ kind: 'resend' }) as const);
    const step = advance({ ...part, attempts: 1 }, { kind: 'per_event', outcomes }, retry, moment);
    expect(step.parts).toMatchObject([{ members: '0-4', attempts: 2, notBefore: 1_001_000 }]);
  });

  it('suspects of one refusal are halved until the culprit is found, the others go on', () => {
    const other = { code: 'http_400', detail: 'other' };
    const outcomes = [
      { kind: 'suspect', refusal },
      { kind: 'suspect', refusal },
      { kind: 'resend' },
      { kind: 'suspect', refusal },
      { kind: 'suspect', refusal: other },
    ] as const;
    const step = advance(part, { kind: 'per_event', outcomes }, retry, moment);
    expect(step.rejected).toEqual([{ member: 4, ...other }]);
    expect(step.parts).toEqual([
      { ...part, members: '0-1,3', search: { suspects: '0-1,3', aside: '', refusal } },
      { ...part, members: '2' },
    ]);
    expect(step.parts.map(sending)).toEqual(['0', '2']);
  });

  it('per-event outcomes during a search put an end to it', () => {
    const searching = { ...part, search: { suspects: '0-3', aside: '4', refusal } };
    const outcomes = [{ kind: 'delivered' }, { kind: 'retry' }] as const;
    const step = advance(searching, { kind: 'per_event', outcomes }, retry, moment);
    expect(step.delivered).toEqual([0]);
    expect(step.parts).toEqual([
      { ...part, members: '2-4' },
      { ...part, members: '1', attempts: 1, firstAttemptAt: 1_000_000, notBefore: 1_000_500 },
    ]);
  });

  it('the tenth single refusal in a row opens the breaker and keeps the event', () => {
    const single = newPart('events', [0]);
    const ninth = advance(single, { kind: 'refused', refusal }, retry, { ...moment, refusals: 8 });
    expect(ninth.rejected).toHaveLength(1);
    const tenth = advance(single, { kind: 'refused', refusal }, retry, { ...moment, refusals: 9 });
    expect(tenth.rejected).toHaveLength(0);
    expect(tenth.parts).toEqual([{ ...single, notBefore: 1_015_000 }]);
    expect(tenth.health).toEqual({ kind: 'broken', code: 'refused_in_a_row' });
  });

  it('the tenth single refusal in a row has the batch’s others asked first', () => {
    const searching = { ...newPart('events', range(4)), search: { suspects: '0-1', aside: '2-3', refusal } };
    const outcomes = [{ kind: 'rejected', refusal }] as const;
    for (const answer of [{ kind: 'refused', refusal } as const, { kind: 'per_event', outcomes } as const]) {
      const step = advance(searching, answer, retry, { ...moment, refusals: 9 });
      expect(step.parts.map(({ members }) => members)).toEqual(['1-3', '0']);
      expect(step).toMatchObject({ rejected: [], isLast: true, refusedSingles: 1 });
    }
  });

  it.each([
    ['the first three tenths', (member: number) => member < 300],
    ['all but the last', (member: number) => member < 999],
    ['all but one in the middle', (member: number) => member !== 617],
    ['two in three', (member: number) => member % 3 !== 1],
  ])('of a thousand events %s are bad: probes come to a good one within twice as many requests', (_, isBad) => {
    let parts: readonly Part[] = [newPart('events', range(1_000))];
    let requests = 0;
    for (let [part, ...others] = parts; part; [part, ...others] = parts) {
      const sent = sending(part);
      if (!fromRanges(sent).some(isBad)) break;
      expect(++requests).toBeLessThanOrEqual(2_000);
      const step = advance(part, { kind: 'refused', refusal }, retry, {
        ...moment,
        refusals: 10,
        probing: 'refused_in_a_row',
      });
      expect([step.isLast, step.rejected]).toEqual([true, []]);
      parts = [...others, ...step.parts];
    }
    expect(fromRanges(parts.map(sending)[0] ?? '').some(isBad)).toBe(false);
    expect(parts.flatMap((part) => fromRanges(part.members)).sort((a, b) => a - b)).toEqual(range(1_000));
  });

  it('loses and invents nothing, whatever the answers', () => {
    const outcomes = fc.constantFrom<EventOutcome>(
      { kind: 'delivered' },
      { kind: 'duplicate' },
      { kind: 'rejected', refusal },
      { kind: 'suspect', refusal },
      { kind: 'resend' },
      { kind: 'retry' },
    );
    const answers = fc.oneof(
      fc.constant<Interpretation>({ kind: 'delivered' }),
      fc.constant<Interpretation>({ kind: 'refused', refusal }),
      fc.constant<Interpretation>({ kind: 'too_large', refusal }),
      fc.constant<Interpretation>({ kind: 'retry', code: 'x' }),
      fc.constant<Interpretation>({ kind: 'throttled' }),
      fc.constant<Interpretation>({ kind: 'paused', code: 'http_401' }),
      fc.array(outcomes, { maxLength: 40 }).map<Interpretation>((list) => ({ kind: 'per_event', outcomes: list })),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(answers, { maxLength: 60 }), (size, list) => {
        let parts: readonly Part[] = [newPart('events', range(size))];
        const ended: number[] = [];
        for (const answer of list) {
          const [part, ...others] = parts;
          if (!part) break;
          const step = advance(part, answer, retry, moment);
          ended.push(...step.delivered, ...step.duplicate, ...step.rejected.map(({ member }) => member));
          parts = [...step.parts, ...others];
        }
        const open = parts.flatMap((part) => fromRanges(part.members));
        expect([...ended, ...open].sort((a, b) => a - b)).toEqual(range(size));
        expect(
          parts.every((part) => countRanges(part.members) > 0 && toRanges(fromRanges(part.members)) === part.members),
        ).toBe(true);
      }),
    );
  });
});
