import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { destinationKeys } from '../keys.js';
import { DeadLetterGrouping, fairShares } from './dead-letter-grouping.js';
import { DeadLetterList } from './dead-letter-list.js';
import { deadLetter } from './dead-letter.js';
import { addDeadLettersScript } from './dead-letter.script.js';

const PARKED = Date.parse('2026-05-01T10:00:00.000Z');

describe('dead letters by their reason', () => {
  let redis: RedisConnections;
  let list: DeadLetterList;
  let grouping: DeadLetterGrouping;
  let now = 0;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    const known = {
      destinations: new Map([
        ['crm', {}],
        ['ads', {}],
        ['idle', {}],
      ]),
    };
    list = new DeadLetterList(redis, known);
    grouping = new DeadLetterGrouping(redis, known);
    await park('crm', 'http_422', 250);
    await park('crm', 'timeout', 30);
    await park('ads', 'http_422', 3);
  });

  const park = async (destinationId: string, code: string, count: number): Promise<void> => {
    const letters = Array.from({ length: count }, (_, index) =>
      deadLetter(
        destinationId,
        { id: `evt_${code}_${String(index).padStart(4, '0')}` } as CanonicalEvent,
        { code, detail: `${code} ${index}` },
        1,
        PARKED + index,
      ),
    );
    const keys = [
      destinationKeys.deadLetters(destinationId),
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.state(destinationId),
    ];
    await addDeadLettersScript.run(redis.shared, keys, letters.flat());
  };
  /** Not what was read just before. */
  const read = (destinationId?: string) => grouping.read(destinationId, (now += 10_000));

  it('are counted for each destination, the largest group first', async () => {
    const { groups, counted, kept } = await read();
    expect([counted, kept]).toEqual([283, 283]);
    expect(groups.map(({ destinationId, code, count, exact }) => [destinationId, code, count, exact])).toEqual([
      ['crm', 'http_422', 250, true],
      ['crm', 'timeout', 30, true],
      ['ads', 'http_422', 3, true],
    ]);
    expect(groups[2]).toMatchObject({
      detail: 'http_422 2',
      newestAt: '2026-05-01T10:00:00.002Z',
      oldestAt: '2026-05-01T10:00:00.000Z',
    });
  });

  it('are counted for one destination alone', async () => {
    expect(await read('ads')).toMatchObject({ groups: [{ destinationId: 'ads', count: 3 }], counted: 3, kept: 3 });
    expect(await read('idle')).toEqual({ groups: [], counted: 0, kept: 0 });
  });

  it('are counted once for all who ask at the same time', () => {
    const at = (now += 10_000);
    expect(grouping.read('crm', at)).toBe(grouping.read('crm', at + 1_999));
    expect(grouping.read('crm', at + 1_999)).not.toBe(grouping.read('crm', at + 2_000));
  });

  it('are listed by code, page by page, each once', async () => {
    const found: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const page = await list.list({
        destinationId: 'crm',
        code: 'timeout',
        limit: 7,
        ...(after === '' ? {} : { after }),
      });
      found.push(...page.items.map(({ reason, id }) => `${reason.code} ${id}`));
      after = page.next;
    }
    expect(new Set(found).size).toBe(30);
    expect(found).toHaveLength(30);
    expect(found.every((text) => text.startsWith('timeout crm.'))).toBe(true);
  });

  it('are listed to the last one, though thousands were parked in the same millisecond', async () => {
    const letters = Array.from({ length: 3_000 }, (_, index) => [`idle.evt_${index}`, '{"reason":{}}']);
    const order = destinationKeys.deadLetterOrder('idle');
    await redis.shared.hset(destinationKeys.deadLetters('idle'), Object.fromEntries(letters) as Record<string, string>);
    await redis.shared.zadd(order, ...letters.flatMap(([id = '']) => [PARKED, id]));
    let found = 0;
    let after: string | null = '';
    while (after !== null) {
      const cursor: { readonly after?: string } = after === '' ? {} : { after };
      const page = await list.list({ destinationId: 'idle', limit: 100, ...cursor });
      found += page.items.length;
      after = page.next;
    }
    await redis.shared.del(order, destinationKeys.deadLetters('idle'));
    expect(found).toBe(3_000);
  });

  it('are discarded by code; the others stay, and the counters follow', async () => {
    expect(await list.discardAll('crm', 'timeout')).toEqual({ discarded: 30, more: false });
    expect(await read('crm')).toMatchObject({ groups: [{ code: 'http_422', count: 250 }], kept: 250 });
    expect(await redis.shared.hget(destinationKeys.state('crm'), 'dead')).toBe('250');
    expect(await list.discardAll('crm', 'timeout')).toEqual({ discarded: 0, more: false });
  });
});

describe('what is looked at where there is more than can be', () => {
  const kept = (...counts: readonly number[]) =>
    counts.map((count, index) => ({ destinationId: `d${index}`, kept: count }));
  const sharesOf = (counts: readonly number[], most: number): Readonly<Record<string, number>> =>
    Object.fromEntries(fairShares(kept(...counts), most).map(({ destinationId, share }) => [destinationId, share]));

  it('is everything of those who have few, and the rest of the others', () => {
    expect(sharesOf([5_000, 10, 0, 90_000], 1_000)).toEqual({ d1: 10, d0: 495, d3: 495 });
  });

  it('is all where it fits', () => {
    expect(sharesOf([5, 7], 12)).toEqual({ d0: 5, d1: 7 });
  });

  it('never is more than allowed, however many destinations there are', () => {
    const shares = Object.values(
      sharesOf(
        Array.from({ length: 300 }, () => 9),
        100,
      ),
    );
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(100);
  });
});
