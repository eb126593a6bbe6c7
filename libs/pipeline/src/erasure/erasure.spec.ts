import type { CanonicalEvent } from '#canonical';
import { createLog, type RedisAddress, type RedisConnections } from '#platform';
import {
  connectRedis,
  dumpRedis,
  onEnd,
  startRedis,
  startRedisCluster,
  until,
} from '../../../../test/support/index.js';
import { deadLetter } from '../delivery/dead-letter.js';
import { addDeadLettersScript } from '../delivery/dead-letter.script.js';
import type { IntakeChecked } from '../intake/append-request.js';
import { IntakeService } from '../intake/intake.service.js';
import { QueuedBudget } from '../intake/queued-budget.js';
import { ALL_SHARDS, destinationKeys, erasureKeys, shardKeys, shardOfSource } from '../keys.js';
import { RedisPulse } from '../redis-pulse.js';
import { writePutBack } from '../replay/put-back.js';
import { RejectionStore, type RejectedRequest } from '../rejections/rejection-store.js';
import { Ledger } from '../routing/ledger.js';
import { EventDecoder, type DecodableRequest } from '../segment/event-decoder.js';
import { SegmentStore } from '../segment/segment-store.js';
import { newSegmentId, parseEventId } from '../segment/segment-id.js';
import { erasureEpoch } from './erasure-epoch.js';
import { ErasureRunner } from './erasure-runner.js';
import { ErasureStore } from './erasure.store.js';
import { ErasuresService } from './erasures.service.js';
import { ListEraser } from './list-eraser.js';
import { SegmentEraser } from './segment-eraser.js';

interface Item {
  readonly user_id?: string;
  readonly email?: string;
  readonly note?: string;
}

/** A dialect of the test's own: the body is a JSON list of people. The first that is taken says so. */
class PeopleDecoder extends EventDecoder {
  decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    const items = JSON.parse(request.body.toString()) as Item[];
    const at = new Date(request.receivedAt).toISOString();
    const first = items.findIndex((_, index) => request.accepts(index));
    return items.map((item, index): CanonicalEvent | undefined =>
      request.accepts(index)
        ? {
            id: request.idAt(index),
            type: 'track',
            event: 'seen',
            user_id: item.user_id ?? null,
            anonymous_id: null,
            timestamp: at,
            received_at: at,
            properties: { note: item.note ?? '' },
            ...(item.email === undefined ? {} : { identity: { email: item.email } }),
            source: { id: request.sourceId, dialect: request.dialect },
            ...(index === first ? { extras: { first: true } } : {}),
          }
        : undefined,
    );
  }

  itemAt({ body }: Pick<DecodableRequest, 'body'>, index: number): unknown {
    return (JSON.parse(body.toString()) as Item[])[index];
  }
}

async function build(address: RedisAddress) {
  const redis = await connectRedis(address);
  // A cluster's nodes are connected to one by one, and meanwhile what fails fast fails.
  const reachesAll = (): Promise<boolean> =>
    Promise.all(ALL_SHARDS.map((shard) => redis.shared.hget(shardKeys.counters(shard), 'seq'))).then(
      () => true,
      () => false,
    );
  await until(reachesAll, { what: 'every node to answer' });
  const log = createLog({ level: 'error', pretty: false });
  const pulse = new RedisPulse(redis, 'spec');
  await pulse.start();
  const budget = new QueuedBudget(redis, 1e9);
  await budget.start();
  const segments = new SegmentStore(redis, new PeopleDecoder());
  const store = new ErasureStore(redis);
  const runner = (lists = new ListEraser(redis)): ErasureRunner =>
    new ErasureRunner(redis, store, new SegmentEraser(redis, new PeopleDecoder(), log), lists, () => ['crm'], log, 100);
  const configuration = { destinationIds: () => ['crm'] };
  const service = new ErasuresService(redis, store, configuration as never);
  onEnd(() => {
    pulse.stop();
    budget.stop();
  });
  const intake = new IntakeService(redis, pulse, budget, () => undefined);
  const rejections = new RejectionStore(redis, pulse, log);
  return {
    address,
    redis,
    segments,
    intake,
    rejections,
    ledger: new Ledger(redis, () => undefined),
    runner,
    service,
  };
}

type Built = Awaited<ReturnType<typeof build>>;

async function append(
  built: Built,
  items: readonly Item[],
  more: { source?: string; refused?: number[]; key?: string; naturalKeys?: (string | null)[]; body?: string } = {},
) {
  const { source = 'app', refused = [], key, naturalKeys, body = JSON.stringify(items) } = more;
  const rejected = refused.map((index) => ({ index, code: 'invalid', detail: 'no' }));
  const checked: IntakeChecked = {
    kind: 'checked',
    total: items.length,
    rejected,
    ...(naturalKeys && { naturalKeys }),
  };
  const result = await built.intake.append({
    requestId: 'req_1',
    sourceId: source,
    dialect: 'people',
    route: 'people',
    headers: {},
    receivedAt: Date.now(),
    body: Buffer.from(body),
    checked,
    ...(key === undefined ? {} : { idempotency: { key } }),
  });
  if (result.kind !== 'appended' && result.kind !== 'repeated') throw new Error(result.kind);
  return items.map((_, index) => result.idAt(index));
}

async function erased(built: Built, field: 'email' | 'user_id', value: string, lists?: ListEraser) {
  const runner = built.runner(lists);
  runner.start();
  const { id } = await built.service.create(field, value);
  await until(async () => (await built.service.find(id))?.state === 'done', { timeoutMs: 30_000 });
  await runner.stop();
  built.segments.erased();
  return built.service.find(id);
}

/** Each time before it looks at dead letters, something else happens. */
class InterruptedLists extends ListEraser {
  constructor(
    redis: RedisConnections,
    private readonly before: () => Promise<unknown>,
  ) {
    super(redis);
  }

  override async deadLetters(...args: Parameters<ListEraser['deadLetters']>): Promise<number> {
    await this.before();
    return super.deadLetters(...args);
  }
}

/** What the counters say of each shard, and what the segments really take. */
async function bytes(built: Built): Promise<readonly (readonly [number, number])[]> {
  return Promise.all(
    ALL_SHARDS.map(async (shard) => {
      const counters = await built.redis.shared.hmget(shardKeys.counters(shard), 'bytes', 'hbytes');
      const ids = await built.redis.shared.zrange(shardKeys.segments(shard), 0, '-1');
      const sizes = await Promise.all(
        ids.map(async (id) => {
          const [header, bodies] = await built.redis.shared.hmgetBuffer(shardKeys.segment(shard, id), 'h', 'b');
          return (header?.length ?? 0) + (bodies?.length ?? 0) + 256;
        }),
      );
      const counted = counters.reduce((sum, count) => sum + Number(count ?? 0), 0);
      return [counted, sizes.reduce((sum, size) => sum + size, 0)] as const;
    }),
  );
}

const placeOf = (id = ''): { segmentId: string; position: number } =>
  parseEventId(id) ?? { segmentId: '', position: -1 };

describe.each([
  ['one server', async () => ({ socketPath: (await startRedis()).socketPath })],
  ['a cluster of three masters', async () => ({ url: (await startRedisCluster()).url })],
])('erasing a person on %s', (_, address) => {
  let built: Built;

  beforeAll(async () => {
    built = await build(await address());
  }, 60_000);

  it('takes out their events and nothing else, and counts what that frees', async () => {
    const many = Array.from({ length: 200 }, (_, n): Item => ({ user_id: `u-${n}`, note: 'x'.repeat(50) }));
    const [first, second] = await Promise.all([
      append(built, [{ email: ' Ada@Example.com' }, ...many], { source: 'one' }),
      append(built, many, { source: 'two' }),
    ]);
    const released = placeOf((await append(built, [{ email: 'ada@example.com' }, { user_id: 'u-9' }]))[0]).segmentId;
    await built.ledger.routed([released]);
    const { segmentId } = placeOf(second[0]);
    const untouched = shardKeys.segment(shardOfSource('two'), segmentId);
    const before = await built.redis.shared.hgetall(untouched);

    expect(await erased(built, 'email', 'ADA@example.com')).toMatchObject({
      by: 'email',
      sha256: 'b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72',
      scanned: 403,
      erased: { events: 2, deadLetters: 0, rejections: 0 },
      fileRewritten: 'socketPath' in built.address,
    });
    const left = await built.segments.events(placeOf(first[0]).segmentId);
    expect(left?.map((event) => event?.id)).toEqual([undefined, ...first.slice(1)]);
    expect((await built.segments.events(released))?.map((event) => event?.user_id)).toEqual([undefined, 'u-9']);
    expect(await built.redis.shared.hgetall(untouched)).toEqual(before);
    for (const [counted, real] of await bytes(built)) expect(counted).toBe(real);
    expect((await dumpRedis(built.address)).join('\n').toLowerCase()).not.toContain('ada@example.com');
  });

  it('finds nothing a second time', async () => {
    expect(await erased(built, 'email', 'ada@example.com')).toMatchObject({ erased: { events: 0 } });
  });

  it('takes out what was refused or repeated within a request that was accepted', async () => {
    const bob = { user_id: 'bob', note: 'bob-was-here' };
    const items = [{ user_id: 'u-1' }, bob, { user_id: 'u-2' }];
    const [kept, , third] = await append(built, items, { refused: [1] });
    await append(built, [bob], { key: 'twice' });
    await Promise.all([append(built, [bob], { key: 'twice' }), append(built, [{ user_id: 'u-3' }])]);
    expect(await erased(built, 'user_id', 'bob')).toMatchObject({ erased: { events: 1 } });
    expect((await built.segments.events(placeOf(kept).segmentId))?.map((event) => event?.id)).toEqual([
      kept,
      undefined,
      third,
    ]);
    expect((await dumpRedis(built.address)).join('\n')).not.toContain('bob-was-here');
    for (const [counted, real] of await bytes(built)) expect(counted).toBe(real);
  });

  it('takes out what was refused for nesting too deep, and is stopped by none of it', async () => {
    const deep = (userId: string): string => '['.repeat(50_000) + `{"user_id":"${userId}"}` + ']'.repeat(50_000);
    const items = [{ user_id: 'u-6' }, { user_id: 'u-7' }];
    const [kept] = await append(built, items, { refused: [1], body: `[{"user_id":"u-6"},${deep('hal-9000')}]` });
    await append(built, items, { refused: [1], body: `[{"user_id":"u-6"},${deep('u-7')}]` });
    expect(await erased(built, 'user_id', 'hal-9000')).toMatchObject({ erased: { events: 0 } });
    const left = await built.segments.events(placeOf(kept).segmentId);
    expect(left?.map((event) => event?.user_id)).toEqual(['u-6', undefined]);
    expect((await dumpRedis(built.address)).join('\n')).not.toContain('hal-9000');
  });

  it('leaves what is said once with the first event that somebody gets', async () => {
    const [known, first, dan] = [{ user_id: 'u-4' }, { user_id: 'u-5' }, { user_id: 'dan' }];
    await append(built, [known], { naturalKeys: ['k'] });
    const [id] = await append(built, [known, first, dan], { naturalKeys: ['k', null, null] });
    const kept = async () => (await built.segments.events(placeOf(id).segmentId))?.map((event) => event?.extras);
    expect(await kept()).toEqual([undefined, { first: true }, undefined]);
    expect(await erased(built, 'user_id', 'dan')).toMatchObject({ erased: { events: 1 } });
    expect(await kept()).toEqual([undefined, { first: true }, undefined]);
  });

  it('takes out dead letters and refused requests, and keeps their counters right', async () => {
    const at = '2026-05-01T10:00:05.000Z';
    const event = (n: number, user_id: string): CanonicalEvent => ({
      id: `evt_0mabcdefg00aaaaaa${String(n).padStart(3, '0')}`,
      type: 'track',
      event: 'seen',
      user_id,
      anonymous_id: null,
      timestamp: at,
      received_at: at,
      properties: {},
      source: { id: 'app', dialect: 'people' },
    });
    const letters = Array.from({ length: 250 }, (_, n) =>
      deadLetter('crm', event(n, n % 2 === 0 ? 'eve' : 'other'), { code: 'no', detail: 'no' }, 1, 0),
    );
    const keys = [
      destinationKeys.deadLetters('crm'),
      destinationKeys.deadLetterOrder('crm'),
      destinationKeys.state('crm'),
    ];
    await addDeadLettersScript.run(built.redis.shared, keys, letters.flat());
    const request = {
      requestId: 'r',
      sourceId: 'app',
      dialect: 'people',
      route: 'people',
      at: Date.now(),
      status: 422,
    };
    for (const name of ['eve', 'other']) {
      built.rejections.record({
        ...request,
        items: [{ index: 0, code: 'no', detail: 'no', item: { who: { user_id: name } } }],
      });
    }
    await built.rejections.flush();
    expect(await erased(built, 'user_id', 'eve')).toMatchObject({
      erased: { events: 0, deadLetters: 125, rejections: 1 },
    });
    const stored = Object.values(await built.redis.shared.hgetall(destinationKeys.deadLetters('crm')));
    const state = await built.redis.shared.hmget(destinationKeys.state('crm'), 'dead', 'deadBytes');
    expect(state).toEqual(['125', String(stored.reduce((sum, text) => sum + Buffer.byteLength(text), 0))]);
    const entries = await built.redis.shared.xrange(shardKeys.rejections(shardOfSource('app')), '-', '+');
    const texts = entries.map(([, fields]) => fields[1] ?? '');
    const kept = texts.map((text) => JSON.parse(text) as RejectedRequest);
    expect(kept.map(({ items }) => items[0]?.item)).toEqual([{ who: { user_id: 'other' } }]);
    const left = await built.redis.shared.hget(shardKeys.counters(shardOfSource('app')), 'rejectionBytes');
    expect(left).toBe(String(texts[0]?.length));
  });

  it('takes out what a replay put back between the last look at segments and the one at dead letters', async () => {
    const [id = ''] = await append(built, [{ user_id: 'jim' }]);
    const { segmentId } = placeOf(id);
    const [event] = (await built.segments.events(segmentId)) ?? [];
    if (!event) throw new Error('it was not stored');
    const shard = shardOfSource('app');
    const copies: string[] = [];
    const epochs = [await erasureEpoch(built.redis, shard)];
    const lists = new InterruptedLists(built.redis, async () => {
      const copy = newSegmentId(shard, Date.now());
      const epoch = await erasureEpoch(built.redis, shard);
      epochs.push(epoch);
      const chunk = { segmentId: copy, replayId: 'rpl_1', destinationId: 'crm', events: [event], epoch };
      if (await writePutBack(built.redis, chunk)) copies.push(copy);
    });
    expect(await erased(built, 'user_id', 'jim', lists)).toMatchObject({ erased: { events: 3 } });
    // What was read before the first segment was written anew has no longer been put back since.
    expect(epochs[1]).not.toBe(epochs[0]);
    const left = await Promise.all(copies.map((copy) => built.segments.events(copy)));
    expect(left).toEqual([[undefined], [undefined]]);
  });

  it('waits for no other erasure that fails', async () => {
    const unknown = JSON.stringify({ v: 99, id: 'ers_0' });
    await built.redis.shared.hset(erasureKeys.records, 'ers_0', unknown);
    await built.redis.shared.zadd(erasureKeys.active, 0, 'ers_0');
    await append(built, [{ user_id: 'ivy' }]);
    expect(await erased(built, 'user_id', 'ivy')).toMatchObject({ erased: { events: 1 } });
    await built.redis.shared.zrem(erasureKeys.active, 'ers_0');
  });

  it('goes on where a process was stopped, and counts nothing twice', async () => {
    const people = Array.from({ length: 50 }, (_, n): Item => ({ user_id: n === 7 ? 'mallory' : `u-${n}` }));
    for (let round = 0; round < 60; round += 1) await append(built, people, { source: `s-${round}` });
    const { id } = await built.service.create('user_id', 'mallory');
    let runner = built.runner();
    runner.start();
    await until(async () => ((await built.service.find(id))?.erased.events ?? 0) > 0);
    await runner.stop();
    expect((await built.service.find(id))?.state).not.toBe('done');
    // As after a crash: the lease of the process that went must not be waited for here.
    await built.redis.shared.del(`gw:{erasures}:lease:${id}`);
    runner = built.runner();
    runner.start();
    await until(async () => (await built.service.find(id))?.state === 'done', { timeoutMs: 30_000 });
    await runner.stop();
    expect((await built.service.find(id))?.erased).toEqual({ events: 60, deadLetters: 0, rejections: 0 });
  });
});
