import fc from 'fast-check';
import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { readBatchRecord, type BatchRecord } from '../delivery/batch-record.js';
import { settleScript } from '../delivery/delivery.scripts.js';
import { gatherOrderedScript } from '../delivery/gather.scripts.js';
import { destinationKeys, shardKeys } from '../keys.js';
import { fromRanges, toRanges } from '../segment/position-ranges.js';
import { addOrderedScript } from './ordering.scripts.js';
import { Watermarks } from './watermarks.js';

const SHARD = 3;
const USERS = ['3.a', '3.b', '3.c', '3.d'] as const;

/** What routers and workers may do, in any order and several at once. */
type Deed =
  /** A segment is accepted; each event is of one of the users or (`-1`) of nobody. */
  | { readonly kind: 'append'; readonly users: readonly number[] }
  /** One of the unrouted segments is given to the destination, and then maybe noted as routed. */
  | { readonly kind: 'fan out'; readonly which: number; readonly noted: boolean }
  | { readonly kind: 'gather'; readonly maxEvents: number }
  /** Some members of an open batch are settled. */
  | { readonly kind: 'settle'; readonly which: number; readonly share: number };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    users: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('fan out' as const), which: fc.nat(), noted: fc.boolean() }),
  fc.record({ kind: fc.constant('gather' as const), maxEvents: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('settle' as const), which: fc.nat(), share: fc.constantFrom(0.5, 1) }),
);

interface Segment {
  readonly id: string;
  readonly sequence: number;
  readonly users: readonly number[];
}

interface OpenBatch {
  readonly record: BatchRecord;
  /** Sequence and user of each member. */
  readonly members: readonly (readonly [sequence: number, user: string | undefined])[];
  readonly open: Set<number>;
  revision: number;
}

/** One destination and one shard, with a note of everything that was gathered. */
class World {
  readonly gathered: number[] = [];
  readonly faults: string[] = [];
  private readonly id: string;
  private readonly segments = new Map<string, Segment>();
  private unrouted: Segment[] = [];
  private batches: OpenBatch[] = [];
  private readonly latest = new Map<string, number>();
  private readonly busy = new Set<string>();
  private sequence = 0;
  private count = 0;

  constructor(
    private readonly redis: RedisConnections,
    number: number,
  ) {
    this.id = `d${number}`;
  }

  async act(one: Deed): Promise<void> {
    switch (one.kind) {
      case 'append':
        return this.append(one.users);
      case 'fan out':
        return this.fanOut(this.unrouted[one.which % Math.max(1, this.unrouted.length)], one.noted);
      case 'gather':
        return void (await this.gather(one.maxEvents));
      case 'settle':
        return this.settle(this.batches[one.which % Math.max(1, this.batches.length)], one.share);
    }
  }

  /** Everything is routed, gathered and settled. */
  async finish(): Promise<void> {
    for (const segment of [...this.unrouted]) await this.fanOut(segment, true);
    do {
      for (const batch of [...this.batches]) await this.settle(batch, 1);
    } while (await this.gather(5));
  }

  get events(): number {
    return this.sequence;
  }

  async left(): Promise<readonly string[]> {
    const keys = await this.redis.shared.keys(`gw:{d:${this.id}}:*`);
    return keys.filter((key) => /:(user|ready|busy|pending|batches)/.test(key));
  }

  private async append(users: readonly number[]): Promise<void> {
    const segment = { id: `s${this.count++}`, sequence: this.sequence, users };
    this.sequence += users.length;
    this.segments.set(segment.id, segment);
    this.unrouted.push(segment);
    await this.redis.shared.zadd(shardKeys.unrouted(SHARD), segment.sequence, segment.id);
    await this.redis.shared.hset(shardKeys.counters(SHARD), 'seq', this.sequence);
  }

  private async fanOut(segment: Segment | undefined, noted: boolean): Promise<void> {
    if (!segment) return;
    const { id, sequence, users } = segment;
    const at = (user: number): number[] => users.flatMap((own, position) => (own === user ? [position] : []));
    const present = USERS.flatMap((user, i) => (users.includes(i) ? [user, toRanges(at(i))] : []));
    const values = [
      id,
      users.length,
      100,
      sequence,
      SHARD,
      toRanges(at(-1)),
      at(-1).length,
      present.length / 2,
      ...present,
    ];
    const names = ['pending', 'seen', 'open', 'state', 'gone', 'busy'] as const;
    const keys = [
      ...names.map((name) => destinationKeys[name](this.id)),
      destinationKeys.user(this.id, ''),
      destinationKeys.ready(this.id, ''),
    ];
    await addOrderedScript.run(this.redis.shared, keys, [Date.now() + 60_000, -1, 0, ...values]);
    if (!noted) return;
    this.unrouted = this.unrouted.filter((other) => other !== segment);
    await this.redis.shared.zrem(shardKeys.unrouted(SHARD), id);
  }

  private async gather(maxEvents: number): Promise<boolean> {
    const marks = [...(await new Watermarks(this.redis).read([SHARD]))].flat();
    const { id } = this;
    const batchId = `b${this.count++}`;
    const keys = [
      destinationKeys.pending(id),
      destinationKeys.batches(id),
      destinationKeys.state(id),
      destinationKeys.batch(id, batchId),
      destinationKeys.resting(id),
      destinationKeys.busy(id),
      destinationKeys.user(id, ''),
      destinationKeys.ready(id, ''),
    ];
    const values = [batchId, maxEvents, 1e6, 0, 3, 10, ...marks];
    const [verdict] = (await gatherOrderedScript.run(this.redis.shared, keys, values)) as string[];
    if (verdict !== 'made') return false;
    const record = readBatchRecord((await this.redis.shared.hget(destinationKeys.batch(id, batchId), 'j')) ?? '');
    const places = record.references.flatMap(([segmentId, ranges]) =>
      fromRanges(ranges).map((position) => (this.segments.get(segmentId)?.sequence ?? Number.NaN) + position),
    );
    const members = places.map((sequence, i) => [sequence, record.users?.[i]] as const);
    for (const [sequence, user] of members) this.note(sequence, user);
    this.batches.push({ record, members, open: new Set(members.keys()), revision: 0 });
    return true;
  }

  private note(sequence: number, user: string | undefined): void {
    const segment = [...this.segments.values()].find(
      (own) => sequence >= own.sequence && sequence < own.sequence + own.users.length,
    );
    const expected = USERS[segment?.users[sequence - segment.sequence] ?? -1];
    if (user !== expected) this.faults.push(`${sequence} is of ${expected}, not of ${user}`);
    this.gathered.push(sequence);
    if (user === undefined) return;
    if (this.busy.has(user)) this.faults.push(`${sequence} of ${user} while another is open`);
    if (sequence < (this.latest.get(user) ?? -1))
      this.faults.push(`${sequence} of ${user} after ${this.latest.get(user)}`);
    this.latest.set(user, sequence);
    this.busy.add(user);
  }

  private async settle(batch: OpenBatch | undefined, share: number): Promise<void> {
    if (!batch) return;
    const chosen = [...batch.open].slice(0, Math.ceil(batch.open.size * share));
    for (const member of chosen) batch.open.delete(member);
    const users = chosen.flatMap((member) => batch.members[member]?.[1] ?? []);
    users.forEach((user) => this.busy.delete(user));
    const complete = batch.open.size === 0;
    const names = [
      'batches',
      'state',
      'open',
      'settled',
      'finished',
      'deadLetters',
      'deadLetterOrder',
      'resting',
      'busy',
    ] as const;
    const keys = [
      destinationKeys.batch(this.id, batch.record.id),
      ...names.map((name) => destinationKeys[name](this.id)),
      destinationKeys.user(this.id, ''),
      destinationKeys.ready(this.id, ''),
    ];
    const settlement = {
      segments: [],
      counters: [],
      dead: [],
      users,
      holdMs: 0,
      health: 'unknown',
      refused: 0,
      bytes: batch.record.bytes,
      finishedMaxBytes: 0,
      finishedMaxAgeMs: 0,
    };
    const values = [
      batch.revision,
      JSON.stringify(batch.record),
      batch.record.id,
      complete ? '1' : '0',
      JSON.stringify(settlement),
    ];
    expect(await settleScript.run(this.redis.shared, keys, values)).toEqual(['ok', '', []]);
    batch.revision += 1;
    if (complete) this.batches = this.batches.filter((other) => other !== batch);
  }
}

describe('the scripts that keep order', () => {
  let redis: RedisConnections;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis({ appendonly: 'no' })).socketPath });
  });

  it('keep every user in order, one event at a time, and lose none, whatever happens when', async () => {
    let worlds = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 40, size: 'max' }), async (deeds) => {
        await redis.shared.flushall();
        const world = new World(redis, (worlds += 1));
        for (const one of deeds) await world.act(one);
        await world.finish();
        expect(world.faults).toEqual([]);
        expect([...world.gathered].sort((a, b) => a - b)).toEqual(Array.from({ length: world.events }, (_, i) => i));
        expect(await world.left()).toEqual([]);
      }),
      { numRuns: Number(process.env.ORDER_RUNS ?? 150) },
    );
  });
});
