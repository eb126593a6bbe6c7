import { setTimeout as sleep } from 'node:timers/promises';
import type { CanonicalEvent } from '#canonical';
import type { Log, RedisConnections } from '#platform';
import { shardOfSource } from '../keys.js';
import type { SegmentEvents, SegmentStore } from '../segment/segment-store.js';
import { SegmentCursor, type FreshSegment } from './segment-cursor.js';

/** An absent member lets everything pass. */
export interface TailFilter {
  readonly sourceId?: string;
  /** The event's exact name. */
  readonly event?: string;
  readonly dialect?: string;
}

export interface TailListener {
  /** `json` is the canonical event; all listeners get the same text. */
  event(id: string, json: string): void;
  /** At most so many events were not looked at, because too many came at once. */
  passedOver(events: number): void;
}

interface Entry {
  readonly filter: TailFilter;
  readonly listener: TailListener;
}

const LOOK_EVERY_MS = 200;
/** What one look may cost the process, which takes events at the same time: decoding a megabyte takes some ten ms. */
const MAX_POSITIONS = 5_000;
const MAX_STORED_BYTES = 1024 * 1024;

/**
 * Accepted events as they come in, of all processes. Costs nothing while nobody listens; all listeners share one look
 * and one decoding. It shows and does not keep: what comes faster than it can be shown is passed over and counted.
 */
export class LiveTail {
  private readonly entries = new Set<Entry>();
  /** Absent while nobody listens. */
  private cursor: SegmentCursor | undefined;
  private following = false;
  /** Looks and arrivals take turns: who listens gets what is accepted from then on, nothing older. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
    private readonly log: Log,
  ) {}

  /** Returns how to stop listening. Rejects when Redis does not answer. */
  async listen(filter: TailFilter, listener: TailListener): Promise<() => void> {
    const entry = { filter, listener };
    await this.inTurn(async () => {
      if (this.cursor) await this.look(this.cursor);
      this.cursor ??= await SegmentCursor.atEnd(this.redis);
      this.entries.add(entry);
    });
    if (!this.following) void this.follow();
    return () => {
      this.entries.delete(entry);
      if (this.entries.size === 0) this.cursor = undefined;
    };
  }

  /** Runs as long as anybody listens. */
  private async follow(): Promise<void> {
    this.following = true;
    while (this.entries.size > 0) {
      await sleep(LOOK_EVERY_MS, undefined, { ref: false });
      try {
        await this.inTurn(async () => this.cursor && this.look(this.cursor));
      } catch (error) {
        // The cursor stays where it is: the next look finds what this one did not.
        this.log.debug({ error }, 'the live tail could not look');
      }
    }
    this.following = false;
  }

  private async look(cursor: SegmentCursor): Promise<void> {
    const { segments, passedOver } = await cursor.advance();
    const left = new Map(passedOver);
    let [positions, bytes] = [0, 0];
    for (const segment of segments.filter(({ shard }) => this.isWanted(shard))) {
      // The first one always: it may be larger than the bounds.
      const fits = positions === 0 || (positions + segment.positions <= MAX_POSITIONS && bytes < MAX_STORED_BYTES);
      const events = fits ? await this.read(segment) : undefined;
      if (events) this.show(events);
      else left.set(segment.shard, (left.get(segment.shard) ?? 0) + segment.positions);
      positions += segment.positions;
      bytes += segment.bytes;
    }
    for (const [shard, count] of left) this.tellPassedOver(shard, count);
  }

  /** Undefined for what is gone already or cannot be read. */
  private read({ id }: FreshSegment): Promise<SegmentEvents | undefined> {
    return this.segments.events(id).catch((error: unknown) => {
      this.log.debug({ segmentId: id, error }, 'the live tail could not read a segment');
      return undefined;
    });
  }

  private isWanted(shard: number): boolean {
    return [...this.entries].some(({ filter }) => mayComeFrom(shard, filter));
  }

  private show(events: SegmentEvents): void {
    for (const event of events) {
      if (!event) continue;
      let json: string | undefined;
      for (const { filter, listener } of this.entries) {
        if (!fits(event, filter)) continue;
        json ??= JSON.stringify(event);
        listener.event(event.id, json);
      }
    }
  }

  private tellPassedOver(shard: number, events: number): void {
    for (const { filter, listener } of this.entries) if (mayComeFrom(shard, filter)) listener.passedOver(events);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work, work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}

function mayComeFrom(shard: number, { sourceId }: TailFilter): boolean {
  return sourceId === undefined || shardOfSource(sourceId) === shard;
}

function fits({ event, source }: CanonicalEvent, filter: TailFilter): boolean {
  if (filter.sourceId !== undefined && source.id !== filter.sourceId) return false;
  if (filter.dialect !== undefined && source.dialect !== filter.dialect) return false;
  return filter.event === undefined || event === filter.event;
}
