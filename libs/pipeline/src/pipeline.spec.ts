import { jest } from '@jest/globals';
import { DELETED_KEY } from '#control-plane';
import type { CanonicalEvent } from '#canonical';
import {
  append,
  appendPatiently,
  buildPipeline,
  ids,
  NamesDecoder,
  webhook,
  type Pipeline,
} from '../../../test/support/pipeline.js';
import { startRedis, startRedisCluster, startSink, until, type Sink } from '../../../test/support/index.js';
import { destinationKeys } from './keys.js';
import type { DecodableRequest } from './segment/event-decoder.js';

const received = (sink: Sink, path: string): CanonicalEvent[] =>
  sink.requests
    .filter(({ url }) => url === path)
    .flatMap(({ body }) => (JSON.parse(body) as { events: CanonicalEvent[] }).events);

class SomeErased extends NamesDecoder {
  override decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    return super.decode(request).map((event) => (event?.event === 'erased' ? undefined : event));
  }
}

describe.each([
  ['one server', async () => ({ socketPath: (await startRedis()).socketPath })],
  ['a cluster of three masters', async () => ({ url: (await startRedisCluster()).url })],
])('the pipeline on %s', (_, address) => {
  let pipeline: Pipeline;
  let sink: Sink;

  beforeAll(async () => {
    pipeline = await buildPipeline(await address(), new SomeErased());
    await pipeline.engine.start();
    sink = await startSink();
  }, 60_000);

  it('delivers what was appended to everyone who wants it, under the ids it answered', async () => {
    pipeline.configuration.put(webhook('all', sink));
    pipeline.configuration.put(webhook('signups', sink, { match: { events: ['signup'] } }));
    const result = await append(pipeline, ['signup', 'purchase', 'signup']);
    const [first, second, third] = ids(result, 3);
    await until(() => received(sink, '/all').length === 3 && received(sink, '/signups').length === 2);
    expect(received(sink, '/all').map(({ id }) => id)).toEqual([first, second, third]);
    expect(received(sink, '/signups').map(({ id }) => id)).toEqual([first, third]);
  });

  it('releases a segment when the last destination has settled it', async () => {
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(await pipeline.operations.stats('all')).toMatchObject({ delivered: 3, waiting: 0, deadLettered: 0 });
  });

  it('answers a repeated idempotency key with the first ids and delivers nothing twice', async () => {
    const [first, twin] = await Promise.all([
      append(pipeline, ['once'], { key: 'k' }),
      append(pipeline, ['once'], { key: 'k' }),
    ]);
    const later = await append(pipeline, ['once'], { key: 'k' });
    expect(ids(twin, 1)).toEqual(ids(first, 1));
    expect(ids(later, 1)).toEqual(ids(first, 1));
    expect(later.kind).toBe('repeated');
    await append(pipeline, ['after'], { key: 'other' });
    await until(() => received(sink, '/all').some(({ event }) => event === 'after'));
    expect(received(sink, '/all').filter(({ event }) => event === 'once')).toHaveLength(1);
  });

  it('gathers many small requests into few', async () => {
    pipeline.configuration.put(webhook('few', sink, { match: { events: ['tick'] } }));
    const before = sink.requests.length;
    const answered = await Promise.all(
      Array.from({ length: 2_000 }, (_, i) => appendPatiently(pipeline, ['tick'], `s-${i % 5}`, `tick-${i}`)),
    );
    await until(() => received(sink, '/few').length >= 2_000);
    expect(new Set(received(sink, '/few').map(({ id }) => id))).toEqual(new Set(answered));
    expect(received(sink, '/few').length).toBe(2_000);
    expect(sink.requests.slice(before).filter(({ url }) => url === '/few').length).toBeLessThanOrEqual(8);
  });

  it('repeats a request whose answer was lost with the same content under the same key', async () => {
    pipeline.configuration.put(webhook('flaky', sink, { match: { events: ['flaky'] } }));
    let answers = 0;
    sink.replyWith(({ url }) => (url === '/flaky' && answers++ < 3 ? 'reset' : { status: 200 }));
    await append(pipeline, ['flaky', 'flaky']);
    await until(() => sink.requests.filter(({ url }) => url === '/flaky').length === 4);
    const tries = sink.requests.filter(({ url }) => url === '/flaky');
    expect(new Set(tries.map(({ body }) => body)).size).toBe(1);
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('opens the breaker for a destination that refuses our credentials, and closes it by itself', async () => {
    pipeline.configuration.put(webhook('locked', sink, { match: { events: ['locked'] } }));
    sink.replyWith(({ url }) => ({ status: url === '/locked' ? 401 : 200 }));
    await append(pipeline, ['locked']);
    await until(async () => (await pipeline.operations.stats('locked')).breaker.state === 'open');
    sink.replyWith(() => ({ status: 200 }));
    await until(async () => (await pipeline.operations.stats('locked')).delivered === 1);
    expect(await pipeline.operations.stats('locked')).toMatchObject({ deadLettered: 0, breaker: { state: 'closed' } });
  });

  it('finds the bad event of a refused batch and keeps it as a dead letter with what was answered', async () => {
    pipeline.configuration.put(webhook('picky', sink, { match: { events: ['good', 'bad'] } }));
    sink.replyWith(({ url, body }) =>
      url === '/picky' && body.includes('"bad"') ? { status: 400, body: 'no bad ones' } : { status: 200 },
    );
    await append(pipeline, ['good', 'good', 'bad', 'good', 'good']);
    await until(async () => (await pipeline.operations.stats('picky')).delivered === 4);
    const { items } = await pipeline.operations.listDeadLetters({ destinationId: 'picky', limit: 10 });
    expect(items).toMatchObject([
      { event: { event: 'bad' }, reason: { code: 'http_400' }, lastResponse: { status: 400, body: 'no bad ones' } },
    ]);
    expect(await pipeline.operations.discardDeadLetter(items[0]?.id ?? '')).toBe(true);
    expect((await pipeline.operations.stats('picky')).deadLettered).toBe(0);
  });

  it('settles each event of a batch once, whatever is erased while its large requests are divided', async () => {
    const batch = { maxEvents: 1_000, maxBytes: 4_000, maxWaitMs: 10 };
    pipeline.configuration.put(webhook('narrow', sink, { match: { sources: ['narrow'] }, batch }));
    const erasing = setInterval(() => pipeline.segments.erased(), 0);
    // The first is settled before the rest turns out to be too large.
    await append(pipeline, ['erased', ...Array<string>(20).fill('narrow')], { source: 'narrow' });
    await until(async () => (await pipeline.operations.stats('narrow')).delivered === 20);
    clearInterval(erasing);
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(await pipeline.operations.stats('narrow')).toMatchObject({ delivered: 20, waiting: 0 });
    expect(await pipeline.redis.shared.hget(destinationKeys.state('narrow'), 'open')).toBe('0');
  });

  it('holds a paused destination and delivers when it is resumed', async () => {
    sink.replyWith(() => ({ status: 200 }));
    pipeline.configuration.put(webhook('held', sink, { match: { events: ['held'] }, paused: 'admin' }));
    await append(pipeline, ['held']);
    await until(async () => (await pipeline.operations.stats('held')).waiting === 1);
    expect(received(sink, '/held')).toHaveLength(0);
    const updatedAt = '2026-01-02T00:00:00.000Z';
    pipeline.configuration.put(webhook('held', sink, { match: { events: ['held'] }, updatedAt }));
    await until(() => received(sink, '/held').length === 1);
  });

  it('gives back the space of a destination that is discarded', async () => {
    pipeline.configuration.put(webhook('doomed', sink, { match: { events: ['doomed'] }, paused: 'admin' }));
    await append(pipeline, ['doomed', 'doomed']);
    await until(async () => (await pipeline.operations.stats('doomed')).waiting === 2);
    pipeline.configuration.destinations.delete('doomed');
    await pipeline.operations.discard('doomed', Date.parse('2026-01-01T00:00:00.000Z'));
    await until(() => pipeline.budget.queuedBytes === 0);
  });

  it('has got on where it breaks off while it hands back what a discarded destination had', async () => {
    const { redis, ledger, operations } = pipeline;
    const [settled, unjudged] = [destinationKeys.settled('huge'), destinationKeys.unjudged('huge')];
    const notes = Array.from({ length: 5_000 }, (_, n) => [`0mx43vs5k${String(n).padStart(8, '0')}`, '0-9']).flat();
    await redis.shared.hset(settled, ...notes);
    await redis.shared.hset(unjudged, ...notes);
    const told = jest.spyOn(ledger, 'settled');
    told.mockResolvedValueOnce().mockRejectedValueOnce(new Error('Redis is away'));
    await expect(operations.discard('huge', 1)).rejects.toThrow('Redis is away');
    expect((await redis.shared.hlen(settled)) + (await redis.shared.hlen(unjudged))).toBe(8_000);
    told.mockRestore();
    await operations.discard('huge', 1);
    expect(await redis.shared.exists(settled)).toBe(0);
    expect(await redis.shared.exists(unjudged)).toBe(0);
  });

  it('has the dead letters of a full destination on the replicas before it counts as done with them', async () => {
    const { redis, configuration, operations } = pipeline;
    const kept = jest.spyOn(redis, 'replicated');
    configuration.put(webhook('full', sink, { match: { events: ['full'] }, maxQueuedBytes: 1 }));
    await append(pipeline, ['full']);
    await until(async () => (await operations.stats('full')).deadLettered === 1);
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(kept.mock.calls.map(([, key]) => key)).toContain(destinationKeys.deadLetters('full'));
    kept.mockRestore();
  });

  it('gathers in time what was added before the clock was set back', async () => {
    const { redis, configuration, operations } = pipeline;
    configuration.put(webhook('ahead', sink, { match: { events: ['ahead'] }, paused: 'admin' }));
    await append(pipeline, ['ahead']);
    await until(async () => (await operations.stats('ahead')).waiting === 1);
    const element = (await redis.shared.lpop(destinationKeys.pending('ahead'))) ?? '';
    await redis.shared.rpush(destinationKeys.pending('ahead'), element.replace(/\d+$/, String(Date.now() + 3_600_000)));
    configuration.put(webhook('ahead', sink, { match: { events: ['ahead'] }, updatedAt: '2026-01-02T00:00:00.000Z' }));
    await until(() => received(sink, '/ahead').length === 1);
  });

  it('leaves what waits to a destination that was created again before the old one was discarded', async () => {
    const held = { match: { events: ['reborn'] }, paused: 'admin' as const };
    pipeline.configuration.put(webhook('reborn', sink, held));
    await append(pipeline, ['reborn']);
    await until(async () => (await pipeline.operations.stats('reborn')).waiting === 1);
    const createdAt = '2026-01-02T00:00:00.000Z';
    pipeline.configuration.put(webhook('reborn', sink, { ...held, createdAt }));
    await append(pipeline, ['reborn']);
    await until(async () => (await pipeline.operations.stats('reborn')).waiting === 2);
    await pipeline.operations.discard('reborn', Date.parse('2026-01-01T00:00:00.000Z'));
    pipeline.configuration.put(webhook('reborn', sink, { match: held.match, createdAt, updatedAt: createdAt }));
    await until(() => received(sink, '/reborn').length === 2);
  });

  it('gives back the space of a deleted destination although whoever deleted it stopped before discarding', async () => {
    pipeline.configuration.put(webhook('orphaned', sink, { match: { events: ['orphaned'] }, paused: 'admin' }));
    await append(pipeline, ['orphaned', 'orphaned']);
    await until(async () => (await pipeline.operations.stats('orphaned')).waiting === 2);
    pipeline.configuration.destinations.delete('orphaned');
    // What the script that deletes writes.
    await pipeline.redis.shared.zadd(DELETED_KEY, Date.now() - 11_000, 'orphaned');
    await pipeline.redis.shared.zadd(DELETED_KEY, Date.now() - 1_000, 'still-being-discarded');
    await pipeline.leftovers.clear();
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(await pipeline.operations.stats('orphaned')).toMatchObject({ waiting: 0 });
    expect(await pipeline.redis.shared.zrange(DELETED_KEY, 0, '-1')).toEqual(['still-being-discarded']);
  });

  it('leaves a destination alone that exists again', async () => {
    pipeline.configuration.put(webhook('back', sink, { match: { events: ['back'] }, paused: 'admin' }));
    await append(pipeline, ['back']);
    await until(async () => (await pipeline.operations.stats('back')).waiting === 1);
    await pipeline.redis.shared.zadd(DELETED_KEY, Date.now() - 11_000, 'back');
    await pipeline.leftovers.clear();
    expect(await pipeline.operations.stats('back')).toMatchObject({ waiting: 1 });
    const updatedAt = '2026-01-02T00:00:00.000Z';
    pipeline.configuration.put(webhook('back', sink, { match: { events: ['back'] }, updatedAt }));
    await until(() => received(sink, '/back').length === 1);
    await until(() => pipeline.budget.queuedBytes === 0);
  });

  it('takes a destination that is created again under its old id for a new one', async () => {
    // By a process whose clock is far behind that of the one that deleted it.
    const createdAt = '2026-01-01T00:00:00.001Z';
    pipeline.configuration.put(webhook('doomed', sink, { match: { events: ['doomed'] }, createdAt }));
    await append(pipeline, ['doomed']);
    await until(() => received(sink, '/doomed').length === 1);
  });

  it('holds what a destination may want while its match cannot be applied, and goes on for the others', async () => {
    const broken = { events: ['odd', 'even'], where: { $unheardOf: 1 } };
    pipeline.configuration.put(webhook('broken', sink, { match: broken }));
    pipeline.configuration.put(webhook('sound', sink, { match: { events: ['odd', 'even'] } }));
    const result = await append(pipeline, ['odd', 'even', 'odd', 'neither']);
    await until(() => received(sink, '/sound').length === 3);
    expect(await pipeline.operations.stats('broken')).toMatchObject({
      waiting: 4,
      delivered: 0,
      lastError: { code: 'match_invalid' },
    });
    const [first, , third] = ids(result, 4);
    const updatedAt = '2026-01-02T00:00:00.000Z';
    pipeline.configuration.put(webhook('broken', sink, { match: { events: ['odd'] }, updatedAt }));
    await until(() => received(sink, '/broken').length === 2);
    expect(received(sink, '/broken').map(({ id }) => id)).toEqual([first, third]);
    await until(() => pipeline.budget.queuedBytes === 0);
    expect(await pipeline.operations.stats('broken')).toMatchObject({ waiting: 0, delivered: 2 });
  });

  it('gives back the space of a destination that is discarded while its match cannot be applied', async () => {
    pipeline.configuration.put(webhook('hopeless', sink, { match: { where: { $unheardOf: 1 } } }));
    await append(pipeline, ['whatever']);
    await until(async () => (await pipeline.operations.stats('hopeless')).waiting === 1);
    pipeline.configuration.destinations.delete('hopeless');
    await pipeline.operations.discard('hopeless', Date.parse('2026-01-01T00:00:00.000Z'));
    await until(() => pipeline.budget.queuedBytes === 0);
  });

  it('replays dead letters under their ids, and they leave the list', async () => {
    pipeline.configuration.put(webhook('sorry', sink, { match: { events: ['sorry'] } }));
    sink.replyWith(({ url }) => ({ status: url === '/sorry' ? 422 : 200 }));
    const result = await append(pipeline, ['sorry', 'sorry']);
    await until(async () => (await pipeline.operations.stats('sorry')).deadLettered === 2);
    const order = { destinationId: 'sorry', from: 'dead-letters', dryRun: true } as const;
    expect(await pipeline.replays.create(order)).toMatchObject({ state: 'done', matched: 2, queued: 0 });
    sink.replyWith(() => ({ status: 200 }));
    const before = sink.requests.length;
    const { id, matched } = await pipeline.replays.create({ ...order, dryRun: false });
    expect(matched).toBe(2);
    await until(async () => (await pipeline.replays.find(id))?.delivered === 2);
    const again = sink.requests
      .slice(before)
      .flatMap(({ body }) => (JSON.parse(body) as { events: CanonicalEvent[] }).events);
    expect(again.map((event) => event.id).sort()).toEqual(ids(result, 2).sort());
    expect(await pipeline.operations.stats('sorry')).toMatchObject({ deadLettered: 0, delivered: 2 });
    expect(await pipeline.replays.find(id)).toMatchObject({ state: 'done', queued: 2 });
  });

  it('replays kept history to a destination that came later', async () => {
    const result = await append(pipeline, ['early', 'early', 'early']);
    await until(() => pipeline.budget.queuedBytes === 0);
    pipeline.configuration.put(webhook('late', sink, { match: { events: ['early'] } }));
    const { id, matched } = await pipeline.replays.create({ destinationId: 'late', from: 'history', dryRun: false });
    expect(matched).toBe(3);
    await until(() => received(sink, '/late').length === 3);
    expect(received(sink, '/late').map((event) => event.id)).toEqual(ids(result, 3));
    await until(async () => (await pipeline.replays.find(id))?.state === 'done');
    const second = await pipeline.replays.create({ destinationId: 'late', from: 'history', dryRun: true });
    expect(second.matched).toBe(3);
  });

  it('can be told to stop a replay', async () => {
    const { id } = await pipeline.replays.create({
      destinationId: 'late',
      from: 'history',
      dryRun: false,
      rate: 0.001,
    });
    await pipeline.replays.cancel(id);
    expect(await pipeline.replays.find(id)).toMatchObject({ state: 'cancelled' });
  });
});
