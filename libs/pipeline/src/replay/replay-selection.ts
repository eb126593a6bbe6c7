import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import type { DeadLetter } from '../delivery/dead-letter.js';
import { ALL_SHARDS, destinationKeys, shardKeys } from '../keys.js';
import type { Destination } from '#control-plane';
import { compileMatch, compileWhere, mismatch } from '../routing/match.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import type { SegmentStore } from '../segment/segment-store.js';
import { timeOfSegment } from '../segment/segment-id.js';
import type { HistoryCursor, ReplayOrder } from './replay-record.js';

/** Events to put back together, and where the replay stands after them. */
export interface Selected {
  readonly events: readonly CanonicalEvent[];
  readonly deadLetterIds: readonly string[];
  readonly cursor: HistoryCursor;
}

const LETTERS_AT_ONCE = 500;
const SEGMENTS_AT_ONCE = 20;
/** History is put back in portions of about so many events. */
const EVENTS_AT_ONCE = 1_000;

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
    if (order.from === 'dead-letters') {
      yield* this.deadLetters(order, where, horizon, cursor, removing);
      return;
    }
    const matcher = compileMatch(destination.match);
    const wanted = (event: CanonicalEvent): boolean => mismatch(matcher, event) === undefined && where(event);
    yield* this.history(order, wanted, horizon, cursor);
  }

  /** The cursor counts the letters that stay in the list. */
  private async *deadLetters(
    order: ReplayOrder,
    wanted: (event: CanonicalEvent) => boolean,
    horizon: number,
    cursor: HistoryCursor,
    removing: boolean,
  ): AsyncGenerator<Selected> {
    const { destinationId } = order;
    const from = order.since ?? 0;
    const to = Math.min(order.until === undefined ? horizon : order.until - 1, horizon);
    let passed = cursor.passed ?? 0;
    for (;;) {
      const ids = await this.redis.shared.zrangebyscore(
        destinationKeys.deadLetterOrder(destinationId),
        from,
        to,
        'LIMIT',
        passed,
        LETTERS_AT_ONCE,
      );
      if (ids.length === 0) return;
      const texts = await this.redis.shared.hmget(destinationKeys.deadLetters(destinationId), ...ids);
      const letters = texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as DeadLetter]));
      const chosen = letters.filter(({ event }) => wanted(event));
      // Chosen ones leave the list when they are put back, so only the others are to be passed over next time.
      const left = ids.length - chosen.length;
      const next: HistoryCursor = { passed: passed + (removing ? left : ids.length) };
      if (chosen.length > 0) {
        yield { events: chosen.map(({ event }) => event), deadLetterIds: chosen.map(({ id }) => id), cursor: next };
      }
      passed = next.passed ?? passed;
    }
  }

  private async *history(
    order: ReplayOrder,
    wanted: (event: CanonicalEvent) => boolean,
    horizon: number,
    cursor: HistoryCursor,
  ): AsyncGenerator<Selected> {
    const to = order.until === undefined ? horizon : Math.min(order.until - 1, horizon);
    const done: Record<string, number> = { ...cursor };
    let events: CanonicalEvent[] = [];
    for (const shard of ALL_SHARDS) {
      for (;;) {
        const entries = await this.segmentsAfter(shard, done[String(shard)] ?? -1);
        if (entries.length === 0) break;
        for (const { segmentId, sequence } of entries) {
          done[String(shard)] = sequence;
          const at = timeOfSegment(segmentId);
          if (at <= to && at >= (order.since ?? 0))
            events.push(...(await this.eventsOf(segmentId, order.destinationId, wanted)));
          if (events.length < EVENTS_AT_ONCE) continue;
          yield { events, deadLetterIds: [], cursor: { ...done } };
          events = [];
        }
      }
    }
    if (events.length > 0) yield { events, deadLetterIds: [], cursor: { ...done } };
  }

  private async segmentsAfter(
    shard: number,
    sequence: number,
  ): Promise<readonly { readonly segmentId: string; readonly sequence: number }[]> {
    const flat = await this.redis.shared.zrangebyscore(
      shardKeys.segments(shard),
      `(${sequence}`,
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      SEGMENTS_AT_ONCE,
    );
    const found: { segmentId: string; sequence: number }[] = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ segmentId: flat[i] ?? '', sequence: Number(flat[i + 1]) });
    return found;
  }

  /** What was put back is no history of its own, and what still waits for the destination will arrive anyway. */
  private async eventsOf(
    segmentId: string,
    destinationId: string,
    wanted: (event: CanonicalEvent) => boolean,
  ): Promise<readonly CanonicalEvent[]> {
    const head = await this.segments.head(segmentId);
    if (!head || head.header.requests.some(({ dialect }) => dialect === PUT_BACK)) return [];
    if ((await this.redis.shared.hexists(destinationKeys.open(destinationId), segmentId)) === 1) return [];
    const events = (await this.segments.events(segmentId)) ?? [];
    return events.filter((event): event is CanonicalEvent => event !== undefined && wanted(event));
  }
}
