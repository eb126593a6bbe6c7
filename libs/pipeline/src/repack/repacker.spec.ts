import { createHash } from 'node:crypto';
import type { CanonicalEvent } from '#canonical';
import { createLog } from '#platform';
import { append, buildPipeline, ids, NamesDecoder, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import { report, startRedis, startSink, until, type Sink } from '../../../../test/support/index.js';
import { QueuedBudget } from '../intake/queued-budget.js';
import type { DecodableRequest } from '../segment/event-decoder.js';
import { Repacker } from './repacker.js';
import { SegmentRepacker } from './segment-repacker.js';

/** The first name that is taken says so. */
class FirstDecoder extends NamesDecoder {
  override decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    const events = super.decode(request);
    const first = events.findIndex((_, index) => request.accepts(index));
    return events.map((event, index) => (event && index === first ? { ...event, extras: { first: true } } : event));
  }
}

const SEGMENTS = 20;
const EVENTS = 1_000;

describe('a segment that a paused destination keeps', () => {
  let pipeline: Pipeline;
  let sink: Sink;
  let budget: QueuedBudget;
  let segments: SegmentRepacker;
  let repacker: Repacker;

  beforeAll(async () => {
    const decoder = new FirstDecoder();
    pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath }, decoder);
    await pipeline.engine.start();
    sink = await startSink();
    budget = new QueuedBudget(pipeline.redis, 100_000);
    await budget.start();
    segments = new SegmentRepacker(pipeline.redis, decoder);
    const log = createLog({ level: 'error', pretty: false });
    repacker = new Repacker(pipeline.redis, pipeline.configuration, budget, segments, log, 0);
    pipeline.configuration.put(webhook('all', sink));
  });

  afterAll(() => budget.stop());

  /** Hard to compress, as events are. The seventh of each segment is the rare one. */
  const names = (segment: number, rare: string): string[] =>
    Array.from({ length: EVENTS }, (_, n) =>
      n === 7 ? rare : createHash('sha1').update(`${segment} ${n}`).digest('base64url'),
    );

  const eventsAt = (path: string): CanonicalEvent[] =>
    sink.requests
      .filter(({ url }) => url === path)
      .flatMap(({ body }) => (JSON.parse(body) as { events: CanonicalEvent[] }).events);
  const arrivedAt = (path: string): string[] => eventsAt(path).map(({ id }) => id);

  async function fill(rare: string): Promise<readonly string[]> {
    const before = (await pipeline.operations.stats('all')).delivered;
    const expected: string[] = [];
    for (let segment = 0; segment < SEGMENTS; segment++) {
      expected.push(ids(await append(pipeline, names(segment, rare)), EVENTS)[7] ?? '');
    }
    await until(async () => (await pipeline.operations.stats('all')).delivered === before + SEGMENTS * EVENTS);
    return expected;
  }

  it('shrinks to what the destination waits for, which then arrives under its id', async () => {
    pipeline.configuration.put(webhook('rare', sink, { match: { events: ['rare'] }, paused: 'admin' }));
    const expected = await fill('rare');
    await until(() => budget.queuedBytes > 300_000);
    const before = budget.queuedBytes;
    const freed = await repacker.round();
    await until(() => budget.queuedBytes === before - freed);
    report(
      `${SEGMENTS} segments of ${EVENTS} events, one each waited for: ${before} bytes queued, then ${before - freed}`,
    );
    expect(before - freed).toBeLessThan(before / 20);
    expect(await repacker.round()).toBe(0);
    const updatedAt = '2026-01-02T00:00:00.000Z';
    pipeline.configuration.put(webhook('rare', sink, { match: { events: ['rare'] }, updatedAt }));
    await until(() => arrivedAt('/rare').length === SEGMENTS);
    expect(arrivedAt('/rare').sort()).toEqual([...expected].sort());
    await until(() => budget.queuedBytes === 0);
  });

  it('shrinks too where it was looked at while somebody else still waited for all of it', async () => {
    const updatedAt = (second: number) => ({ updatedAt: `2026-01-03T00:00:0${second}.000Z` });
    pipeline.configuration.put(
      webhook('rare', sink, { match: { events: ['late'] }, paused: 'admin', ...updatedAt(1) }),
    );
    pipeline.configuration.put(webhook('slow', sink, { paused: 'admin' }));
    const before = arrivedAt('/rare').length;
    await fill('late');
    await until(() => budget.queuedBytes > 300_000);
    expect(await repacker.round()).toBe(0);
    pipeline.configuration.put(webhook('slow', sink, updatedAt(1)));
    await until(() => new Set(arrivedAt('/slow')).size === SEGMENTS * EVENTS);
    await until(async () => (await repacker.round()) > 0);
    pipeline.configuration.put(webhook('rare', sink, { match: { events: ['late'] }, ...updatedAt(2) }));
    await until(() => arrivedAt('/rare').length === before + SEGMENTS);
    await until(() => budget.queuedBytes === 0);
  });

  it('leaves what is said once with the first event that somebody gets', async () => {
    const updatedAt = '2026-01-04T00:00:00.000Z';
    const match = { events: ['second'] };
    pipeline.configuration.put(webhook('second', sink, { match, paused: 'admin' }));
    const others = names(0, 'other').slice(2);
    await append(pipeline, ['known'], { naturalKeys: ['k'] });
    const naturalKeys = ['k', null, ...others.map(() => null)];
    const [id = ''] = ids(await append(pipeline, ['known', 'second', ...others], { naturalKeys }), 1);
    await until(async () => (await segments.repack(id.slice(4, 21))) > 0);
    pipeline.configuration.put(webhook('second', sink, { match, updatedAt }));
    await until(() => arrivedAt('/second').length === 1);
    expect(eventsAt('/second')).toMatchObject([{ event: 'second', extras: { first: true } }]);
    await until(() => budget.queuedBytes === 0);
  });

  it('stays whole where most of it is waited for', async () => {
    pipeline.configuration.put(webhook('most', sink, { paused: 'admin' }));
    await fill('again');
    await until(() => budget.queuedBytes > 300_000);
    expect(await repacker.round()).toBe(0);
    const updatedAt = '2026-01-02T00:00:00.000Z';
    pipeline.configuration.put(webhook('most', sink, { updatedAt }));
    await until(() => arrivedAt('/most').length === SEGMENTS * EVENTS);
    expect(new Set(arrivedAt('/most')).size).toBe(SEGMENTS * EVENTS);
  });
});
