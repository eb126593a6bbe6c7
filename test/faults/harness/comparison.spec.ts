import type { Admin } from '../../support/index.js';
import { compare } from './comparison.js';
import { Ledger } from './ledger.js';
import type { KeyedRequest, Receiver } from './receivers.js';

interface Heard {
  readonly kept?: readonly string[];
  readonly requests?: readonly KeyedRequest[];
  readonly parked?: readonly string[];
  /** Up to when what was sent may be erased. All of it was sent at 500. */
  readonly erasedUntil?: number;
  readonly unwanted?: string;
}

const happening = { name: 'happened', user: 'someone', time: '2026-05-01T00:00:00.000Z', kind: 'timed' } as const;
const event = (mark: string, id = `evt_${mark}`): object => ({ id, properties: { mark } });
const request = (key: string, ...events: readonly object[]): KeyedRequest => ({
  key,
  body: JSON.stringify({ events }),
});

/** What the judge says where two events were acknowledged, and this is what became of them. */
async function judged({ kept = [], requests = [], parked = [], erasedUntil = 0, unwanted }: Heard) {
  const ledger = new Ledger();
  ledger.forgotten = { user: happening.user, until: erasedUntil };
  const marks = ['flokit-1', 'flokit-2', 'kixo-3'];
  ledger.send(
    marks.map((mark) => ({ ...happening, mark })),
    500,
  );
  ledger.acknowledge(marks, { dialect: 'flokit', acknowledgedAt: 1_000, repeated: true });
  const receiver = {
    name: 'webhook',
    wants: ({ mark }) => mark !== unwanted,
    keepsRequests: true,
    arrivals: () => kept.map((mark) => ({ mark, at: 3_500 })),
    requests: () => requests,
  } as Partial<Receiver> as Receiver;
  const data = parked.map((mark) => ({ event: event(mark) }));
  const control = {
    ask: () => Promise.resolve({ status: 200, headers: new Headers(), body: { data, nextCursor: null } }),
  } as Partial<Admin> as Admin;
  const { lost, erased, faults, copies, longestWayMs } = await compare(ledger, receiver, control);
  return { lost, erased, faults, copies, longestWayMs };
}

const all = ['flokit-1', 'flokit-2', 'kixo-3'];

describe('the comparison of what was acknowledged with what arrived', () => {
  it('finds nothing where everything has arrived or is parked, even twice', async () => {
    expect(await judged({ kept: ['flokit-1', 'flokit-1', 'kixo-3'], parked: ['flokit-2'] })).toEqual({
      lost: [],
      erased: 0,
      faults: [],
      copies: 3,
      longestWayMs: 2_500,
    });
  });

  it('finds what is missing', async () => {
    expect(await judged({ kept: ['flokit-2'] })).toMatchObject({ lost: ['flokit-1', 'kixo-3'] });
  });

  it('counts apart what an erasure may have taken out, but not what was sent after it', async () => {
    expect(await judged({ kept: ['flokit-2'], erasedUntil: 500 })).toMatchObject({ lost: [], erased: 2 });
    expect(await judged({ kept: ['flokit-2'], erasedUntil: 499 })).toMatchObject({ lost: ['flokit-1', 'kixo-3'] });
  });

  it('misses nothing that the destination does not want, and finds it where it comes', async () => {
    expect(await judged({ kept: all.slice(1), unwanted: 'flokit-1' })).toMatchObject({ lost: [], faults: [] });
    const { faults } = await judged({ kept: all, unwanted: 'flokit-1' });
    expect(faults).toEqual(['flokit-1 arrived, and is not wanted here']);
  });

  it('finds what nobody sent, and what was settled twice', async () => {
    const { faults } = await judged({ kept: [...all, 'flokit-9'], parked: ['flokit-2', 'flokit-2'] });
    expect(faults).toEqual([
      'flokit-9 arrived, and nobody sent it',
      'flokit-2 was delivered, and is a dead letter',
      'flokit-2 has two dead letters',
      'flokit-2 was delivered, and is a dead letter',
    ]);
  });

  it('finds a repeat with another content, another id or another request', async () => {
    const first = request('key-1', event('flokit-1'), event('kixo-3'));
    const again = await judged({ kept: all, requests: [first, first] });
    expect(again.faults).toEqual([]);
    const changed = await judged({ kept: all, requests: [first, request('key-1', event('flokit-1'))] });
    expect(changed.faults).toEqual(['key-1 was repeated with another content']);
    const renamed = await judged({ kept: all, requests: [first, request('key-2', event('kixo-3', 'evt_other'))] });
    expect(renamed.faults).toEqual(['kixo-3 arrived as evt_kixo-3 and as evt_other']);
    const moved = await judged({ kept: all, requests: [first, request('key-2', event('flokit-1'), event('kixo-3'))] });
    expect(moved.faults).toEqual(['flokit-1 (evt_flokit-1) went out under key-1 and under key-2']);
    const cleaned = [first, request('key-2', event('flokit-1'))];
    expect((await judged({ kept: all, requests: cleaned, erasedUntil: 500 })).faults).toEqual([]);
  });
});
