import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { connectRedis, startRedis, startSink } from '../../../../test/support/index.js';
import { append, buildPipeline, NamesDecoder, webhook } from '../../../../test/support/pipeline.js';
import { addDeadLettersScript, discardDeadLettersScript } from '../delivery/dead-letter.script.js';
import { deadLetter } from '../delivery/dead-letter.js';
import { destinationKeys as key } from '../keys.js';
import { SegmentStore } from '../segment/segment-store.js';
import type { ReplayCursor, ReplayOrder } from './replay-record.js';
import { ReplaySelection, type Selected } from './replay-selection.js';

const FOR_EVER = Number.MAX_SAFE_INTEGER;

const keysOf = (destinationId: string): string[] => [
  key.deadLetters(destinationId),
  key.deadLetterOrder(destinationId),
  key.state(destinationId),
];

describe('chunks of dead letters', () => {
  let redis: RedisConnections;
  let selection: ReplaySelection;

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis({ appendonly: 'no' })).socketPath });
    selection = new ReplaySelection(redis, new SegmentStore(redis, new NamesDecoder()));
  });

  /** Parked in the order of their names, all at once or a millisecond apart. */
  const park = async (
    destinationId: string,
    names: readonly string[],
    { apart = false, padding = '', code = 'c' } = {},
  ): Promise<void> => {
    for (const id of names) {
      const event = { id, properties: { padding } } as unknown as CanonicalEvent;
      const letter = deadLetter(destinationId, event, { code, detail: '' }, 1, 1);
      await addDeadLettersScript.run(redis.shared, keysOf(destinationId), letter);
    }
    const ids = names.map((name) => `${destinationId}.${name}`);
    const scores = ids.flatMap((id, n) => [apart ? 1_000 + n : 1_000, id]);
    await redis.shared.zadd(key.deadLetterOrder(destinationId), ...scores);
  };

  const discard = (destinationId: string, names: readonly string[]): Promise<unknown> => {
    const ids = names.map((name) => `${destinationId}.${name}`);
    return discardDeadLettersScript.run(redis.shared, keysOf(destinationId), ['', ...ids]);
  };

  async function* chunks(
    destinationId: string,
    more: Partial<ReplayOrder> = {},
    cursor: ReplayCursor = {},
  ): AsyncGenerator<Selected & { readonly names: readonly string[] }> {
    const order = { destinationId, from: 'dead-letters', dryRun: true, ...more } as const;
    const destination = webhook(destinationId, await startSink());
    const puttingBack = more.rate !== undefined;
    for await (const selected of selection.chunks(order, destination, FOR_EVER, cursor, puttingBack)) {
      yield { ...selected, names: selected.events.map(({ id }) => id) };
    }
  }

  const allOf = async (found: AsyncIterable<{ readonly names: readonly string[] }>): Promise<readonly string[]> => {
    const all: string[] = [];
    for await (const { names } of found) all.push(...names);
    return all;
  };

  it('are closed by their bytes, and leave none out', async () => {
    const names = Array.from({ length: 50 }, (_, n) => `evt_${String(n).padStart(2, '0')}`);
    await park('large', names, { padding: 'x'.repeat(1_000_000) });
    const sizes: number[] = [];
    const all: string[] = [];
    for await (const chunk of chunks('large')) {
      sizes.push(chunk.names.length);
      all.push(...chunk.names);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
    expect(all).toEqual(names);
  });

  it('tell each one once where more were parked together than are looked at', async () => {
    const names = Array.from({ length: 3_500 }, (_, n) => `evt_${String(n).padStart(4, '0')}`);
    await park('many', names);
    expect(await allOf(chunks('many'))).toEqual(names);
  });

  it.each([
    ['together', false],
    ['one after the other', true],
  ])('pass over none parked %s where others leave the list meanwhile', async (_, apart) => {
    const destinationId = apart ? 'apart' : 'together';
    await park(destinationId, ['a', 'b', 'c', 'd', 'e'], { apart });
    await park(destinationId, ['a'], { apart, code: 'other' });
    const found = chunks(destinationId, { code: 'c', rate: 1 });
    expect((await found.next()).value).toMatchObject({ names: ['b'] });
    // The first expires, the second was put back, and somebody discards the last but one.
    await discard(destinationId, ['a', 'b', 'd']);
    const left: string[] = [];
    for await (const { names } of found) {
      left.push(...names);
      await discard(destinationId, names);
    }
    expect(left).toEqual(['c', 'e']);
  });

  it('go on from where a replay of this release or an earlier one has got to', async () => {
    await park('older', ['a', 'b', 'c']);
    expect(await allOf(chunks('older', {}, { passed: 1 }))).toEqual(['b', 'c']);
    const { value } = (await chunks('older', { rate: 1 }).next()) as { value: Selected };
    expect(value.cursor).toEqual({ parked: 1_000, letter: 'older.a' });
    expect(await allOf(chunks('older', {}, value.cursor))).toEqual(['b', 'c']);
  });

  it('come without letters too, so that whoever asks can end', async () => {
    await park('silent', ['a', 'b']);
    const { value } = (await chunks('silent', { code: 'other' }).next()) as { value: Selected };
    expect(value).toMatchObject({ events: [], deadLetterIds: [], cursor: { parked: 1_000, letter: 'silent.b' } });
  });
});

describe('chunks of history', () => {
  it('come without events where nothing was wanted for long, and the replay moves on with them', async () => {
    const pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    for (const name of ['a', 'b', 'wanted', 'c']) await append(pipeline, [name]);
    const selection = new ReplaySelection(pipeline.redis, new SegmentStore(pipeline.redis, new NamesDecoder()), 0);
    const destination = webhook('one', await startSink());
    const order = { destinationId: 'one', from: 'history', dryRun: true, where: { event: 'wanted' } } as const;
    const found: Selected[] = [];
    for await (const selected of selection.chunks(order, destination, FOR_EVER, {}, false)) found.push(selected);
    expect(found.map(({ events }) => events.map(({ event }) => event))).toEqual([[], [], ['wanted'], []]);
    const [, second] = found;
    const rest: (string | undefined)[][] = [];
    for await (const { events } of selection.chunks(order, destination, FOR_EVER, second?.cursor ?? {}, false))
      rest.push(events.map(({ event }) => event));
    expect(rest).toEqual([['wanted'], []]);
  });
});
