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
import type { HistoryCursor, ReplayOrder } from './replay-record.js';

/** Events to put back together, and where the replay stands after them. */
export interface Selected {
  readonly events: readonly CanonicalEvent[];
  readonly deadLetterIds: readonly string[];
  /** When the latest of them was parked, by Redis' clock (ms). */
  readonly parkedUntil: number;
  readonly cursor: HistoryCursor;
}

/** A chunk is closed at so many bytes, as requests came. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;
const LETTERS_AT_ONCE = 100;
const FIRST_LETTERS = 20;
const SEGMENTS_AT_ONCE = 64;
/** Segments read at once; as many again are read while these are put back. */
const READ_AT_ONCE = 4;

interface Entry {
  readonly segmentId: string;
  readonly sequence: number;
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
  ) {}

  /**
   * Chunks from the cursor on; empty ones are left out. `removing`: what was yielded has left the dead letters before
   * the next chunk is asked for.
   */
  async *chunks(
    order: ReplayOrder,
    destination: Destination,
    horizon: number,
    cursor: HistoryCursor,
    removing: boolean,
  ): AsyncGenerator<Selected> {
    const where = order.where ? compileWhere(order.where) : () => true;
    const size = chunkSize(destination, removing ? order.rate : undefined);
    const to = order.until === undefined ? horizon : Math.min(order.until - 1, horizon);
    const range: Range = { destinationId: order.destinationId, from: order.since ?? 0, to, wanted: where };
    if (order.from === 'dead-letters') {
      yield* this.deadLetters(
        { ...range, ...(order.code === undefined ? {} : { code: order.code }) },
        size,
        cursor,
        removing,
      );
      return;
    }
    const matcher = compileMatch(destination.match);
    const wanted = (event: CanonicalEvent): boolean => mismatch(matcher, event) === undefined && where(event);
    yield* this.history({ ...range, wanted }, size, cursor);
  }

  /** The cursor counts the letters that stay in the list. */
  private async *deadLetters(
    { destinationId, from, to, wanted, code }: Range,
    { most, exact }: ChunkSize,
    cursor: HistoryCursor,
    removing: boolean,
  ): AsyncGenerator<Selected> {
    let passed = cursor.passed ?? 0;
    for (;;) {
      const parked = await this.parked(destinationId, from, to, passed, Math.max(LETTERS_AT_ONCE, most));
      const ids = [...parked.keys()];
      if (ids.length === 0) return;
      const fits = ({ event, reason }: DeadLetter): boolean =>
        (code === undefined || reason.code === code) && wanted(event);
      const { letters, looked } = await this.chunkOf(destinationId, ids, fits, exact ? most : ids.length);
      // Chosen ones leave the list when they are put back, so only the others are to be passed over next time.
      const next: HistoryCursor = { passed: passed + looked - (removing ? letters.length : 0) };
      if (letters.length > 0) {
        const deadLetterIds = letters.map(({ id }) => id);
        const parkedUntil = Math.max(...deadLetterIds.map((id) => parked.get(id) ?? 0));
        yield { events: letters.map(({ event }) => event), deadLetterIds, parkedUntil, cursor: next };
      }
      passed = next.passed ?? passed;
    }
  }

  /** Ids of letters by when they were parked (ms), the oldest first. */
  private async parked(
    destinationId: string,
    from: number,
    to: number,
    offset: number,
    count: number,
  ): Promise<ReadonlyMap<string, number>> {
    const range = [
      destinationKeys.deadLetterOrder(destinationId),
      from,
      to,
      'WITHSCORES',
      'LIMIT',
      offset,
      count,
    ] as const;
    const flat = await this.redis.shared.zrangebyscore(...range);
    const parked = new Map<string, number>();
    for (let i = 0; i < flat.length; i += 2) parked.set(flat[i] ?? '', Number(flat[i + 1]));
    return parked;
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
          at = end;
        }
        done.delete(part);
        done.set(String(shard), sequence);
        for (const event of chosen.events.slice(at)) events.push(event);
        bytes += chosen.bytes;
        if (events.length < most && bytes < BYTES_AT_ONCE) continue;
        if (events.length > 0) yield { events, deadLetterIds: [], parkedUntil: 0, cursor: upTo() };
        events = [];
        bytes = 0;
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
