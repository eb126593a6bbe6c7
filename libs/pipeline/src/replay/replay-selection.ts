import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import type { DeadLetter } from '../delivery/dead-letter.js';
import { ALL_SHARDS, destinationKeys, shardKeys } from '../keys.js';
import type { Destination } from '#control-plane';
import { compileMatch, compileWhere, mismatch } from '../routing/match.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import type { SegmentStore } from '../segment/segment-store.js';
import { timeOfSegment } from '../segment/segment-id.js';
import { chunkSize, type ChunkSize } from './chunk-size.js';
import type { HistoryCursor, LetterCursor, ReplayCursor, ReplayOrder } from './replay-record.js';

/** Events to put back together, and where the replay stands after them. None: it has only moved on. */
export interface Selected {
  readonly events: readonly CanonicalEvent[];
  readonly deadLetterIds: readonly string[];
  /** When the latest of them was parked, by Redis' clock (ms). */
  readonly parkedUntil: number;
  readonly cursor: ReplayCursor;
}

/** A chunk is closed at so many bytes, as requests came. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;
const LETTERS_AT_ONCE = 100;
const FIRST_LETTERS = 20;
const SEGMENTS_AT_ONCE = 64;
/** Where little is wanted, so long passes at most without a word (ms): whoever asks may have to end, or to begin anew. */
const LONGEST_LOOK_MS = 1_000;
/** Segments read at once; as many again are read while these are put back. */
const READ_AT_ONCE = 4;

interface Entry {
  readonly segmentId: string;
  readonly sequence: number;
}

interface ParkedLetter {
  readonly id: string;
  /** Milliseconds since 1970, by Redis' clock. */
  readonly parked: number;
}

interface Chosen {
  readonly events: readonly CanonicalEvent[];
  /** Of the events in their segment, rising. */
  readonly positions: readonly number[];
  readonly bytes: number;
}

const nothing: Chosen = { events: [], positions: [], bytes: 0 };

/** Where events are chosen from, and by what. */
interface Range {
  readonly destinationId: string;
  /** Milliseconds since 1970, both included. */
  readonly from: number;
  readonly to: number;
  readonly wanted: (event: CanonicalEvent) => boolean;
  /** Dead letters with this reason only. */
  readonly code?: string;
}

/** Finds what a replay is about, chunk by chunk, in the order of acceptance (history) or parking (dead letters). */
export class ReplaySelection {
  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
    private readonly longestLookMs = LONGEST_LOOK_MS,
  ) {}

  /** Chunks from the cursor on; to be put back, or only to be counted. */
  async *chunks(
    order: ReplayOrder,
    destination: Destination,
    horizon: number,
    cursor: ReplayCursor,
    puttingBack: boolean,
  ): AsyncGenerator<Selected> {
    const where = order.where ? compileWhere(order.where) : () => true;
    const size = chunkSize(destination, puttingBack ? order.rate : undefined);
    const to = order.until === undefined ? horizon : Math.min(order.until - 1, horizon);
    const range: Range = { destinationId: order.destinationId, from: order.since ?? 0, to, wanted: where };
    if (order.from === 'dead-letters') {
      const letters = { ...range, ...(order.code === undefined ? {} : { code: order.code }) };
      yield* this.deadLetters(letters, size, cursor);
      return;
    }
    // Who was erased may still be in memory: a message can be missed.
    if (puttingBack) this.segments.erased();
    const matcher = compileMatch(destination.match);
    const wanted = (event: CanonicalEvent): boolean => mismatch(matcher, event) === undefined && where(event);
    yield* this.history({ ...range, wanted }, size, cursor as HistoryCursor);
  }

  private async *deadLetters(
    { destinationId, from, to, wanted, code }: Range,
    { most, exact }: ChunkSize,
    cursor: LetterCursor,
  ): AsyncGenerator<Selected> {
    const fits = ({ event, reason }: DeadLetter): boolean =>
      (code === undefined || reason.code === code) && wanted(event);
    let at = cursor;
    for (;;) {
      const found = await this.lettersAfter(destinationId, from, to, at, Math.max(LETTERS_AT_ONCE, most));
      if (found.length === 0) return;
      const ids = found.map(({ id }) => id);
      const { letters, looked } = await this.chunkOf(destinationId, ids, fits, exact ? most : ids.length);
      const last = found[looked - 1];
      if (last) at = { parked: last.parked, letter: last.id };
      const deadLetterIds = letters.map(({ id }) => id);
      const chosen = new Set(deadLetterIds);
      const parkedUntil = Math.max(0, ...found.filter(({ id }) => chosen.has(id)).map(({ parked }) => parked));
      yield { events: letters.map(({ event }) => event), deadLetterIds, parkedUntil, cursor: at };
    }
  }

  /** Up to `count` letters after the cursor, the oldest first; those parked together stand in the order of their ids. */
  private async lettersAfter(
    destinationId: string,
    from: number,
    to: number,
    { parked: reached = from, letter = '', passed = 0 }: LetterCursor,
    count: number,
  ): Promise<readonly ParkedLetter[]> {
    const key = destinationKeys.deadLetterOrder(destinationId);
    const since = Math.max(from, reached);
    for (let most = count; ; most *= 2) {
      const flat = await this.redis.shared.zrangebyscore(key, since, to, 'WITHSCORES', 'LIMIT', passed, most);
      const after: ParkedLetter[] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const one = { id: flat[i] ?? '', parked: Number(flat[i + 1]) };
        if (one.parked > reached || one.id > letter) after.push(one);
      }
      // More may have been parked together, and looked at, than were asked for.
      if (after.length > 0 || flat.length < 2 * most) return after.slice(0, count);
    }
  }

  /** The letters that fit, from the first on, until they are as many or as large as a chunk; and how many were looked at. */
  private async chunkOf(
    destinationId: string,
    ids: readonly string[],
    fits: (letter: DeadLetter) => boolean,
    most: number,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly looked: number }> {
    const key = destinationKeys.deadLetters(destinationId);
    const letters: DeadLetter[] = [];
    let [looked, lookedBytes, bytes] = [0, 0, 0];
    while (looked < ids.length) {
      // Nobody knows how large they are before the first ones.
      const count = looked === 0 ? FIRST_LETTERS : Math.max(1, Math.floor((BYTES_AT_ONCE * looked) / lookedBytes));
      for (const text of await this.redis.shared.hmget(key, ...ids.slice(looked, looked + count))) {
        looked += 1;
        if (text === null) continue;
        lookedBytes += text.length;
        const letter = JSON.parse(text) as DeadLetter;
        if (!fits(letter)) continue;
        letters.push(letter);
        bytes += text.length;
        if (letters.length === most || bytes >= BYTES_AT_ONCE) return { letters, looked };
      }
    }
    return { letters, looked };
  }

  private async *history(range: Range, { most, exact }: ChunkSize, cursor: HistoryCursor): AsyncGenerator<Selected> {
    const done = new Map(Object.entries(cursor));
    const upTo = (): HistoryCursor => Object.fromEntries(done);
    let events: CanonicalEvent[] = [];
    let bytes = 0;
    let yieldedAt = performance.now();
    for (const shard of ALL_SHARDS) {
      for await (const { sequence, chosen } of this.read(shard, done.get(String(shard)) ?? -1, range)) {
        const part = `${shard}/${sequence}`;
        let at = indexFrom(chosen, done.get(part) ?? 0);
        while (exact && events.length + chosen.events.length - at > most) {
          const end = at + most - events.length;
          done.set(part, chosen.positions[end] ?? 0);
          yield {
            events: [...events, ...chosen.events.slice(at, end)],
            deadLetterIds: [],
            parkedUntil: 0,
            cursor: upTo(),
          };
          events = [];
          bytes = 0;
          yieldedAt = performance.now();
          at = end;
        }
        done.delete(part);
        done.set(String(shard), sequence);
        for (const event of chosen.events.slice(at)) events.push(event);
        bytes += chosen.bytes;
        const isFull = events.length >= most || bytes >= BYTES_AT_ONCE;
        if (!isFull && performance.now() - yieldedAt < this.longestLookMs) continue;
        yield { events, deadLetterIds: [], parkedUntil: 0, cursor: upTo() };
        events = [];
        bytes = 0;
        yieldedAt = performance.now();
      }
    }
    if (events.length > 0) yield { events, deadLetterIds: [], parkedUntil: 0, cursor: upTo() };
  }

  /** What is wanted of each segment of a shard, in the order of acceptance. Reads ahead of whoever asks. */
  private async *read(
    shard: number,
    after: number,
    range: Range,
  ): AsyncGenerator<{ readonly sequence: number; readonly chosen: Chosen }> {
    let sequence = after;
    for (;;) {
      const entries = await this.segmentsAfter(shard, sequence);
      if (entries.length === 0) return;
      const load = (from: number): Promise<readonly Chosen[]> => {
        const loading = Promise.all(
          entries.slice(from, from + READ_AT_ONCE).map(({ segmentId }) => this.chosenOf(segmentId, range)),
        );
        // Whoever awaits it learns of a fault; if nobody does any more, it is none.
        loading.catch(() => undefined);
        return loading;
      };
      let loading = load(0);
      for (let i = 0; i < entries.length; i += READ_AT_ONCE) {
        const chosen = await loading;
        loading = load(i + READ_AT_ONCE);
        for (const [offset, entry] of entries.slice(i, i + READ_AT_ONCE).entries()) {
          sequence = entry.sequence;
          yield { sequence, chosen: chosen[offset] ?? nothing };
        }
      }
    }
  }

  private async segmentsAfter(shard: number, sequence: number): Promise<readonly Entry[]> {
    const flat = await this.redis.shared.zrangebyscore(
      shardKeys.segments(shard),
      `(${sequence}`,
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      SEGMENTS_AT_ONCE,
    );
    const found: Entry[] = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ segmentId: flat[i] ?? '', sequence: Number(flat[i + 1]) });
    return found;
  }

  /** What was put back is no history of its own, and what still waits for the destination will arrive anyway. */
  private async chosenOf(segmentId: string, { destinationId, from, to, wanted }: Range): Promise<Chosen> {
    const at = timeOfSegment(segmentId);
    if (at < from || at > to) return nothing;
    const [head, isOpen] = await Promise.all([
      this.segments.head(segmentId),
      this.redis.shared.hexists(destinationKeys.open(destinationId), segmentId),
    ]);
    if (!head || isOpen === 1 || head.header.requests.some(({ dialect }) => dialect === PUT_BACK)) return nothing;
    const events = (await this.segments.events(segmentId)) ?? [];
    const positions = events.flatMap((event, position) => (event !== undefined && wanted(event) ? [position] : []));
    return {
      events: positions.flatMap((position) => events[position] ?? []),
      positions,
      bytes: head.header.requests.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}

/** Where in `chosen` the events from this position of their segment on begin. */
function indexFrom({ positions }: Chosen, position: number): number {
  const found = positions.findIndex((one) => one >= position);
  return found < 0 ? positions.length : found;
}
