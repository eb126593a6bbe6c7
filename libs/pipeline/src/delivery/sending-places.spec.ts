import type { Destination } from '#control-plane';
import { SendingPlaces } from './sending-places.js';

const destination = (id: string): Destination => ({
  id,
  name: id,
  type: 'webhook',
  config: {},
  credentials: {},
  match: {},
  transform: {},
  batch: { maxEvents: 100, maxBytes: 40, maxWaitMs: 50 },
  rateLimit: [],
  retry: { maxAttempts: 20, maxAgeSeconds: 3_600, minDelayMs: 10, maxDelayMs: 200 },
  timeoutMs: 5_000,
  concurrency: 2,
  ordering: 'none',
  maxQueuedBytes: null,
  paused: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
});

describe('sending places', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('lets in as many bytes as there are, and the next when one leaves', async () => {
    const places = new SendingPlaces(100, 60_000);
    const [first] = [await places.enter(destination('a')), await places.enter(destination('b'))];
    const entered: string[] = [];
    void places.enter(destination('c')).then(() => entered.push('c'));
    await settled();
    expect(entered).toEqual([]);
    first?.leave();
    first?.leave();
    await settled();
    expect(entered).toEqual(['c']);
  });

  it('counts what a batch really is once it is known', async () => {
    const places = new SendingPlaces(100, 60_000);
    const first = await places.enter(destination('a'));
    first.resize(100);
    const entered: string[] = [];
    void places.enter(destination('b')).then(() => entered.push('b'));
    await settled();
    expect(entered).toEqual([]);
    first.resize(20);
    await settled();
    expect(entered).toEqual(['b']);
  });

  it('lets a batch larger than everything go alone', async () => {
    const places = new SendingPlaces(10, 60_000);
    const place = await places.enter(destination('a'));
    place.resize(1_000);
    place.leave();
    await places.enter(destination('b'));
  });

  it('moves what takes long out of the way of the others, and has it wait for its like from then on', async () => {
    const places = new SendingPlaces(40, 10);
    const slow = destination('slow');
    const held = await places.enter(slow);
    await places.enter(destination('quick'));
    const entered: string[] = [];
    void places.enter(slow).then(() => entered.push('slow again'));
    await settled();
    expect(entered).toEqual([]);
    held.leave();
    await settled();
    expect(entered).toEqual(['slow again']);
  });

  it('has what never answers wait for its like, and not what answers late', async () => {
    const places = new SendingPlaces(40, 10);
    const [silent, late] = [destination('silent'), destination('late')];
    for (const one of [silent, late]) {
      const place = await places.enter(one);
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (one === late) place.answered();
      place.leave();
    }
    const held = await places.enter(silent);
    const entered: string[] = [];
    void places.enter(silent).then(() => entered.push('silent'));
    void places.enter(late).then(() => entered.push('late'));
    await settled();
    expect(entered).toEqual(['late']);
    held.leave();
    await settled();
    expect(entered).toEqual(['late', 'silent']);
  });

  it('keeps nobody waiting at the end', async () => {
    const places = new SendingPlaces(40, 60_000);
    await places.enter(destination('a'));
    const waiting = places.enter(destination('b'));
    places.stop();
    await waiting;
  });
});
