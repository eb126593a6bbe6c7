import { once } from 'node:events';
import { jest } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CanonicalEvent } from '#canonical';
import type { Configuration } from '#control-plane';
import { createLog } from '#platform';
import { append, buildPipeline, ids, NamesDecoder, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import { connectRedis, onEnd, startRedis, startSink, until } from '../../../../test/support/index.js';
import { addDeadLettersScript } from '../delivery/dead-letter.script.js';
import { deadLetter } from '../delivery/dead-letter.js';
import { advanceErasureEpoch, erasureEpoch } from '../erasure/erasure-epoch.js';
import { ErasureRunner } from '../erasure/erasure-runner.js';
import { ErasureStore } from '../erasure/erasure.store.js';
import { ErasuresService } from '../erasure/erasures.service.js';
import { ListEraser } from '../erasure/list-eraser.js';
import { SegmentEraser } from '../erasure/segment-eraser.js';
import { IntakeService } from '../intake/intake.service.js';
import { QueuedBudget } from '../intake/queued-budget.js';
import { destinationKeys, replayKeys, shardKeys, shardOfSource } from '../keys.js';
import { RedisPulse } from '../redis-pulse.js';
import { RouteWakeup } from '../route-wakeup.js';
import { newSegmentId } from '../segment/segment-id.js';
import { SegmentStore } from '../segment/segment-store.js';
import { writePutBack } from './put-back.js';
import type { ReplayOrder } from './replay-record.js';
import { ReplayRunner } from './replay-runner.js';
import { ReplaySelection, type Selected } from './replay-selection.js';
import { ReplayStore, type StoredReplay } from './replay.store.js';
import { ReplaysService } from './replays.service.js';

describe('a replay of dead letters that was interrupted', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    await pipeline.engine.start();
  });

  it('leaves alone what was refused again before it went on', async () => {
    const { redis, operations, replays, configuration } = pipeline;
    const sink = await startSink({ reply: () => ({ status: 422 }) });
    configuration.put(webhook('picky', sink));
    const [first = '', second = ''] = ids(await append(pipeline, ['a', 'b']), 2).map((id) => `picky.${id}`);
    await until(async () => (await operations.stats('picky')).deadLettered === 2);
    const order = destinationKeys.deadLetterOrder('picky');
    const parkedUntil = Number(await redis.shared.zscore(order, first));
    // As its process left it: both were put back, and the second has been refused again since.
    const id = 'rpl_interrupted';
    const segmentId = newSegmentId(shardOfSource(id), Date.now());
    await redis.shared.set(replayKeys.mark(shardOfSource(id), segmentId), '1');
    await redis.shared.zadd(order, parkedUntil + 1, second);
    const record = {
      v: 1,
      id,
      order: { destinationId: 'picky', from: 'dead-letters', dryRun: false },
      state: 'running',
      createdAt: new Date().toISOString(),
      matched: 2,
      queued: 0,
      horizon: parkedUntil,
      cursor: {},
      pending: { segmentId, deadLetterIds: [first, second], parkedUntil, events: 2, cursor: {} },
      segments: [],
    };
    await redis.shared.hset(replayKeys.records, id, JSON.stringify(record));
    await redis.shared.zadd(replayKeys.active, Date.now(), id);
    await until(async () => (await replays.find(id))?.state === 'done');
    expect(await redis.shared.zrange(order, 0, '-1')).toEqual([second]);
    expect(await operations.stats('picky')).toMatchObject({ deadLettered: 1 });
  });
});

/** Tells how many chunks it has told of. */
class WatchedSelection extends ReplaySelection {
  told = 0;

  override async *chunks(...args: Parameters<ReplaySelection['chunks']>): AsyncGenerator<Selected> {
    for await (const selected of super.chunks(...args)) {
      this.told += 1;
      yield selected;
    }
  }
}

/** Finds nothing, for as long as it is asked. */
class EndlessSelection extends ReplaySelection {
  told = 0;
  hasEnded = false;

  override async *chunks(): AsyncGenerator<Selected> {
    try {
      for (;;) {
        await nextTurn();
        this.told += 1;
        yield { events: [], deadLetterIds: [], parkedUntil: 0, cursor: { '0': this.told } };
      }
    } finally {
      this.hasEnded = true;
    }
  }
}

/** Finds nothing, and does not say so. */
class SilentSelection extends ReplaySelection {
  readonly ending = new AbortController();

  override async *chunks(): AsyncGenerator<Selected> {
    await once(this.ending.signal, 'abort');
    yield* [];
  }
}

const LEASE_MS = 300;

/** A store without anybody who delivers: what is put back stays as it was put back. */
async function build() {
  const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
  const pulse = new RedisPulse(redis, 'spec');
  await pulse.start();
  const budget = new QueuedBudget(redis, 1e9);
  await budget.start();
  onEnd(() => {
    pulse.stop();
    budget.stop();
  });
  const log = createLog({ level: 'error', pretty: false });
  const destinations = new Map([['crm', webhook('crm', await startSink(), { batch: SMALL })]]);
  const configuration = {
    destinationIds: () => ['crm'],
    destinations,
    unreadableDestinations: new Set(['far']),
    refresh: () => Promise.resolve(),
  } as unknown as Configuration;
  const store = new ReplayStore(redis);
  const start = (selection: ReplaySelection): ReplayRunner => {
    const runner = new ReplayRunner(redis, store, selection, configuration, new RouteWakeup(redis), log, LEASE_MS);
    runner.start();
    onEnd(() => runner.stop());
    return runner;
  };
  const begin = async (
    id: string,
    from: ReplayOrder['from'],
    destinationId = 'crm',
  ): Promise<StoredReplay | undefined> => {
    return store.create({
      v: 1,
      id,
      order: { destinationId, from, dryRun: false },
      state: 'running',
      createdAt: new Date().toISOString(),
      matched: 2,
      queued: 0,
      horizon: Number.MAX_SAFE_INTEGER,
      cursor: {},
      segments: [],
    });
  };
  const append = async (names: readonly string[]): Promise<void> => {
    const request = { requestId: 'r', sourceId: 'app', dialect: 'names', route: 'names', headers: {} };
    const body = Buffer.from(JSON.stringify(names));
    const checked = { kind: 'checked', total: names.length, rejected: [] } as const;
    await new IntakeService(redis, pulse, budget, () => undefined).append({
      ...request,
      receivedAt: Date.now(),
      body,
      checked,
    });
  };
  const park = async (names: readonly string[]): Promise<void> => {
    const request = { dialect: 'names', route: 'names', headers: {}, sourceId: 'app', receivedAt: Date.now() };
    const body = Buffer.from(JSON.stringify(names));
    const idAt = (index: number): string => `evt_${index}`;
    const events = new NamesDecoder().decode({ ...request, body, idAt, accepts: () => true });
    const letters = events.flatMap((event) =>
      event ? deadLetter('crm', event, { code: 'no', detail: 'no' }, 1, 0) : [],
    );
    const keys = [
      destinationKeys.deadLetters('crm'),
      destinationKeys.deadLetterOrder('crm'),
      destinationKeys.state('crm'),
    ];
    await addDeadLettersScript.run(redis.shared, keys, letters);
  };
  const erase = async (userId: string): Promise<void> => {
    const erasures = new ErasureStore(redis);
    const segments = new SegmentEraser(redis, new NamesDecoder(), log);
    const runner = new ErasureRunner(redis, erasures, segments, new ListEraser(redis), () => ['crm'], log, 0);
    runner.start();
    const service = new ErasuresService(redis, erasures, configuration);
    const { id } = await service.create('user_id', userId);
    await until(async () => (await service.find(id))?.state === 'done');
    await runner.stop();
  };
  const putBack = async (replayId: string): Promise<readonly (string | undefined)[]> => {
    const record = (await store.find(replayId))?.record;
    const segments = new SegmentStore(redis, new NamesDecoder());
    const found: (string | undefined)[] = [];
    for (const [segmentId] of record ? await store.putBackBy(record) : [])
      found.push(...((await segments.events(segmentId)) ?? []).map((event) => event?.event));
    return found;
  };
  const stateOf = async (id: string): Promise<string | undefined> => (await store.find(id))?.record.state;
  const letters = (): Promise<string[]> => redis.shared.zrange(destinationKeys.deadLetterOrder('crm'), 0, '-1');
  const cancelWith = (runner: ReplayRunner, id: string): Promise<unknown> =>
    new ReplaysService(redis, store, runner, configuration).cancel(id);
  return {
    redis,
    store,
    configuration,
    destinations,
    start,
    begin,
    append,
    park,
    erase,
    putBack,
    stateOf,
    letters,
    cancelWith,
  };
}

const SMALL = { maxEvents: 1, maxBytes: 1e6, maxWaitMs: 10 };

describe.each(['history', 'dead-letters'] as const)('a replay from %s that waits for room', (from) => {
  it('puts back nobody who is erased meanwhile, and everybody else', async () => {
    const { redis, start, begin, append, park, erase, putBack, stateOf } = await build();
    const selection = new WatchedSelection(redis, new SegmentStore(redis, new NamesDecoder()));
    const names = ['a/ada', 'b/bob', 'c/ada', 'd/dan'];
    await (from === 'history' ? append(names) : park(names));
    await redis.shared.hset(destinationKeys.state('crm'), 'pending', 2);
    start(selection);
    await begin('rpl_waits', from);
    await until(() => selection.told === 1);
    await erase('ada');
    expect(await stateOf('rpl_waits')).toBe('running');
    await redis.shared.hset(destinationKeys.state('crm'), 'pending', 0);
    await until(async () => (await stateOf('rpl_waits')) === 'done');
    expect(await putBack('rpl_waits')).toEqual(['b', 'd']);
    expect(await redis.shared.zcard(destinationKeys.deadLetterOrder('crm'))).toBe(0);
  });
});

describe('a replay that finds nothing for long', () => {
  let built: Awaited<ReturnType<typeof build>>;
  let segments: SegmentStore;

  beforeAll(async () => {
    built = await build();
    segments = new SegmentStore(built.redis, new NamesDecoder());
  });

  it('keeps its lease', async () => {
    const { redis, start, begin } = built;
    const selection = new SilentSelection(redis, segments);
    const runner = start(selection);
    await begin('rpl_silent', 'history');
    await until(async () => (await redis.shared.exists(replayKeys.lease('rpl_silent'))) === 1);
    let renewed = 0;
    let last = Infinity;
    await until(async () => {
      const left = await redis.shared.pttl(replayKeys.lease('rpl_silent'));
      if (left > last) renewed += 1;
      last = left;
      return renewed === 5;
    });
    selection.ending.abort();
    await runner.stop();
  });

  it('notes how far it is, and ends when somebody else has its lease', async () => {
    const { redis, store, start, begin, stateOf } = built;
    const selection = new EndlessSelection(redis, segments);
    const runner = start(selection);
    await begin('rpl_lost', 'history');
    await until(async () => Number(Object.values((await store.find('rpl_lost'))?.record.cursor ?? {})[0]) > 5);
    await redis.shared.set(replayKeys.lease('rpl_lost'), 'somebody else');
    await until(() => selection.hasEnded);
    expect(await stateOf('rpl_lost')).toBe('running');
    await runner.stop();
  });

  it('ends with its process', async () => {
    const { redis, start, begin } = built;
    const selection = new EndlessSelection(redis, segments);
    const runner = start(selection);
    await begin('rpl_stopped', 'history');
    await until(() => selection.told > 0);
    await runner.stop();
    expect(selection.hasEnded).toBe(true);
  });
});

describe('a replay that is cancelled while a chunk is put back', () => {
  let built: Awaited<ReturnType<typeof build>>;
  let selection: ReplaySelection;

  beforeEach(async () => {
    built = await build();
    selection = new ReplaySelection(built.redis, new SegmentStore(built.redis, new NamesDecoder()));
  });

  const isOver = async (id: string): Promise<boolean> => !(await built.store.activeIds()).includes(id);

  /** As its process left it: the first of two letters is noted as about to be put back. */
  const leftBehind = async (id: string, segmentId: string): Promise<void> => {
    const { store, begin, park, letters } = built;
    await park(['a', 'b']);
    const [first = ''] = await letters();
    const stored = await begin(id, 'dead-letters');
    if (!stored) throw new Error('it was there already');
    const pending = { segmentId, deadLetterIds: [first], events: 1, cursor: {} };
    await store.save(stored, { ...stored.record, pending });
  };

  it('takes its letters off the list and counts it, although its process died', async () => {
    const { redis, store, start, putBack, letters, cancelWith } = built;
    const segmentId = newSegmentId(3, Date.now());
    await leftBehind('rpl_died', segmentId);
    const epoch = await erasureEpoch(redis, 3);
    const events = [{ id: 'evt_0', event: 'a' } as unknown as CanonicalEvent];
    await writePutBack(redis, { segmentId, replayId: 'rpl_died', destinationId: 'crm', events, epoch });
    const mark = replayKeys.mark(3, segmentId);
    await redis.shared.expire(mark, 3_600);
    await cancelWith(new ReplayRunner(redis, store, selection, {} as never, {} as never, {} as never), 'rpl_died');
    expect(await letters()).toEqual(['crm.evt_0', 'crm.evt_1']);
    start(selection);
    await until(() => isOver('rpl_died'));
    expect((await store.find('rpl_died'))?.record).toMatchObject({ state: 'cancelled', queued: 1 });
    expect(await putBack('rpl_died')).toEqual(['a']);
    expect(await letters()).toEqual(['crm.evt_1']);
    // Written anew: only so do the replicas have to have it.
    expect(await redis.shared.ttl(mark)).toBeGreaterThan(6 * 86_400);
    expect(await redis.shared.ttl(replayKeys.putBack('rpl_died'))).toBeGreaterThan(6 * 86_400);
  });

  it('leaves its letters where they are if it had not come to that', async () => {
    const { store, start, letters, cancelWith } = built;
    await leftBehind('rpl_before', newSegmentId(3, Date.now()));
    await cancelWith(start(selection), 'rpl_before');
    await until(() => isOver('rpl_before'));
    const record = (await store.find('rpl_before'))?.record;
    expect(record).toMatchObject({ state: 'cancelled', queued: 0 });
    expect(record?.pending).toBeUndefined();
    expect(await letters()).toEqual(['crm.evt_0', 'crm.evt_1']);
  });

  it('counts it where it was just being finished', async () => {
    const { redis, store, start, begin, park, putBack, letters, cancelWith } = built;
    await park(['a', 'b']);
    const runner = start(selection);
    jest.spyOn(redis, 'replicated').mockImplementationOnce(async () => {
      await cancelWith(runner, 'rpl_meanwhile');
    });
    await begin('rpl_meanwhile', 'dead-letters');
    await until(async () => (await store.find('rpl_meanwhile'))?.record.queued === 2);
    expect(await isOver('rpl_meanwhile')).toBe(true);
    expect((await store.find('rpl_meanwhile'))?.record.state).toBe('cancelled');
    expect(await putBack('rpl_meanwhile')).toEqual(['a', 'b']);
    expect(await letters()).toEqual([]);
  });
});

describe('a replay whose destination this process cannot read', () => {
  it('is left to others, where that of a deleted one is cancelled', async () => {
    const { redis, start, begin, stateOf } = await build();
    await begin('rpl_far', 'history', 'far');
    await begin('rpl_gone', 'history', 'gone');
    start(new ReplaySelection(redis, new SegmentStore(redis, new NamesDecoder())));
    await until(async () => (await stateOf('rpl_gone')) === 'cancelled');
    expect(await stateOf('rpl_far')).toBe('running');
    expect(await redis.shared.exists(replayKeys.lease('rpl_far'))).toBe(0);
  });
});

describe('a replay whose destination was created a moment ago', () => {
  it('is not cancelled by a process that has yet to hear of it', async () => {
    const { redis, configuration, destinations, start, begin, stateOf } = await build();
    const late = webhook('late', await startSink());
    jest.spyOn(configuration, 'refresh').mockImplementation(() => Promise.resolve(destinations.set('late', late)));
    await begin('rpl_late', 'history', 'late');
    start(new ReplaySelection(redis, new SegmentStore(redis, new NamesDecoder())));
    await until(async () => (await stateOf('rpl_late')) === 'done');
  });
});

describe('a chunk that the replicas do not have yet', () => {
  it('takes no dead letter off the list until they have', async () => {
    const { redis, store, start, begin, park, letters } = await build();
    await park(['a', 'b']);
    const replicated = jest.spyOn(redis, 'replicated').mockRejectedValue(new Error('no replica has the write'));
    start(new ReplaySelection(redis, new SegmentStore(redis, new NamesDecoder())));
    await begin('rpl_alone', 'dead-letters');
    await until(() => replicated.mock.calls.length >= 2);
    expect(await letters()).toEqual(['crm.evt_0', 'crm.evt_1']);
    const pending = (await store.find('rpl_alone'))?.record.pending;
    const segmentId = pending?.segmentId ?? '';
    expect(replicated.mock.calls[0]).toEqual([redis.shared, shardKeys.segment(shardOfSource('rpl_alone'), segmentId)]);
    replicated.mockResolvedValue();
    await until(async () => (await store.find('rpl_alone'))?.record.state === 'done');
    expect(await letters()).toEqual([]);
    expect(await store.putBackBy((await store.find('rpl_alone'))?.record ?? ({} as never))).toEqual([[segmentId, 2]]);
  });
});

describe('a chunk that was read before somebody was erased', () => {
  it('is not put back, however late, unless it was before', async () => {
    const { redis } = await build();
    const shard = 3;
    const event = { id: 'evt_1', event: 'a' } as unknown as CanonicalEvent;
    const chunk = { replayId: 'rpl_1', destinationId: 'crm', events: [event] };
    const epoch = await erasureEpoch(redis, shard);
    const before = { ...chunk, segmentId: newSegmentId(shard, Date.now()), epoch };
    expect(await writePutBack(redis, before)).toBe(true);
    await advanceErasureEpoch(redis);
    expect(await writePutBack(redis, before)).toBe(true);
    expect(await writePutBack(redis, { ...before, segmentId: newSegmentId(shard, Date.now()) })).toBe(false);
    expect(await redis.shared.zrange(shardKeys.segments(shard), 0, '-1')).toEqual([before.segmentId]);
    const later = await erasureEpoch(redis, shard);
    const again = { ...chunk, segmentId: newSegmentId(shard, Date.now()), epoch: later };
    expect(await writePutBack(redis, again)).toBe(true);
  });
});
