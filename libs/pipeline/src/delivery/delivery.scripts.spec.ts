import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { destinationKeys as key } from '../keys.js';
import { discardScript, settleScript } from './delivery.scripts.js';

const places = [key.batch('crm', 'b1'), key.batches('crm'), key.state('crm'), key.open('crm'), key.settled('crm')];
const lists = [key.deadLetters('crm'), key.deadLetterOrder('crm'), key.resting('crm'), key.busy('crm')];
const users = [key.user('crm', ''), key.ready('crm', '')];
const segmentIds = Array.from({ length: 10_000 }, (_, n) => `s${n}`);

let redis: RedisConnections;

beforeAll(async () => {
  redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
});

beforeEach(async () => {
  await redis.shared.config('SET', 'maxmemory', '0');
  await redis.shared.flushall();
  await redis.shared.hset(key.open('crm'), Object.fromEntries(segmentIds.map((id) => [id, '1|'])));
  await redis.shared.hset(key.batch('crm', 'b1'), 'r', 0, 'j', '{}');
});

async function withoutMemory(): Promise<void> {
  await redis.shared.config('SET', 'maxmemory', '1');
  await expect(redis.shared.set('anything', 'else')).rejects.toThrow('OOM');
}

describe('settling', () => {
  const settle = (): Promise<unknown> => {
    const segments = segmentIds.flatMap((id) => [id, 1]);
    const counters = ['delivered', segmentIds.length];
    const settlement = { segments, counters, dead: [], holdMs: 0, health: 'good', accepted: true, refused: 0 };
    const values = ['0', '{}', 'b1', '0', JSON.stringify(settlement)];
    return settleScript.run(redis.shared, [...places, key.finished('crm'), ...lists, ...users], values);
  };

  it('names every segment that is done, of however many the batch had events', async () => {
    expect(await settle()).toEqual(['ok', '', segmentIds.map((id) => `${id}|b1`)]);
  });

  it('goes on where Redis has no memory left: nothing else makes room', async () => {
    // Of each another event is still open, so that the first thing to be done is to write that down.
    await redis.shared.hset(key.open('crm'), Object.fromEntries(segmentIds.map((id) => [id, '2|'])));
    await withoutMemory();
    expect(await settle()).toEqual(['ok', '', []]);
    expect(await redis.shared.hget(key.open('crm'), 's0')).toBe('1|b1');
  });
});

describe('forgetting a destination', () => {
  const discard = (createdAt = 1): Promise<unknown> => {
    const [, batches, state, open, settled] = places;
    const first = [key.pending('crm'), batches, state, open, settled, key.finished('crm'), key.seen('crm')];
    const keys = [...first, key.gone('crm'), key.batch('crm', ''), ...lists, ...users, key.leaving('crm')].map(String);
    return discardScript.run(redis.shared, keys, [600, createdAt, 3_000, 16]);
  };

  it('hands back some segments at a time, also where Redis has no memory left', async () => {
    await withoutMemory();
    let runs = 1;
    while ((await discard()) === 0) runs++;
    expect(runs).toBe(4);
    expect(Object.keys(await redis.shared.hgetall(key.settled('crm'))).sort()).toEqual([...segmentIds].sort());
    expect(await redis.shared.exists(key.open('crm'), key.leaving('crm'))).toBe(0);
  });

  it('hands back all that was open, and nothing of one that is created again meanwhile', async () => {
    expect(await discard()).toBe(0);
    await redis.shared.hset(key.state('crm'), 'born', 2, 'pending', 5);
    await redis.shared.hset(key.open('crm'), 'new', '5|');
    let verdict: unknown;
    do verdict = await discard();
    while (verdict === 0);
    expect(verdict).toBe(2);
    expect(Object.keys(await redis.shared.hgetall(key.settled('crm'))).sort()).toEqual([...segmentIds].sort());
    expect(await redis.shared.hgetall(key.open('crm'))).toEqual({ new: '5|' });
    expect(await redis.shared.hget(key.state('crm'), 'pending')).toBe('5');
  });

  it('hands back what two had open, one created and deleted before the first was forgotten', async () => {
    expect(await discard()).toBe(0);
    await redis.shared.hset(key.state('crm'), 'born', 2);
    await redis.shared.hset(key.open('crm'), 'new', '5|');
    while ((await discard(2)) === 0);
    expect(Object.keys(await redis.shared.hgetall(key.settled('crm'))).sort()).toEqual([...segmentIds, 'new'].sort());
    expect(await redis.shared.exists(key.open('crm'), key.leaving('crm'), key.state('crm'))).toBe(0);
  });
});
