import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { shardKeys } from '../keys.js';
import { Room } from '../room.js';
import { decodeRequest, itemOfRequest } from './decode-request.js';
import type { EventDecoder } from './event-decoder.js';
import { fromRanges } from './position-ranges.js';
import { readBodies, readHeader, type SegmentHeader } from './segment-format.js';
import { shardOfSegment } from './segment-id.js';

/** What is known of a segment without reading its events. */
export interface SegmentHead {
  readonly id: string;
  /** Acceptance sequence of position 0. */
  readonly sequence: number;
  readonly header: SegmentHeader;
  /** Positions that repeat an earlier request by its idempotency or natural key. */
  readonly duplicates: ReadonlySet<number>;
}

/** Events by position; undefined where refused at the door, a repeat of an earlier request, or erased. */
export type SegmentEvents = readonly (CanonicalEvent | undefined)[];

/** Decoded segments kept in memory, counted by the bytes of their requests (decoded they take several times that). */
const CACHE_BYTES = 8 * 1024 * 1024;
/** A batch, or a round of routing, may want a little of many segments: so many are read at a time, as they are stored. */
const READ_AT_ONCE = 32;
/** And so many bytes of requests are decoded at a time. */
const DECODED_BYTES_AT_ONCE = 8 * 1024 * 1024;
/** Segments of many requests are decoded some at a time: answers at the door must not wait for all of it. In milliseconds. */
const LONGEST_MS = 5;

/** Reads segments and decodes them; the same segment is decoded once for all destinations that want it soon. */
export class SegmentStore {
  private readonly cache = new Map<string, Promise<SegmentEvents | undefined>>();
  private readonly sizes = new Map<string, number>();
  private cachedBytes = 0;
  private erasures = 0;
  private readonly reading = new Room(READ_AT_ONCE);
  private readonly decoding = new Room(DECODED_BYTES_AT_ONCE);

  constructor(
    private readonly redis: RedisConnections,
    private readonly decoder: EventDecoder,
  ) {}

  /** Rises whenever events that were read before may have been erased since. */
  get generation(): number {
    return this.erasures;
  }

  /** Events were taken out of this segment, or out of any where none is named: it is read again. */
  erased(segmentId?: string): void {
    this.erasures += 1;
    const stale = segmentId === undefined ? [...this.cache.keys()] : [segmentId];
    for (const id of stale) this.forget(id);
  }

  /** Undefined once the segment is gone. */
  async head(segmentId: string): Promise<SegmentHead | undefined> {
    const key = shardKeys.segment(shardOfSegment(segmentId), segmentId);
    const [header, sequence, skipped] = await this.redis.shared.hmget(key, 'h', 'q', 'd');
    return header ? headOf(segmentId, header, sequence ?? '', skipped ?? '') : undefined;
  }

  /** The item at a position as it came, credentials taken out; undefined once the segment is gone. */
  async item(segmentId: string, position: number): Promise<unknown> {
    const key = shardKeys.segment(shardOfSegment(segmentId), segmentId);
    const [text, stored] = await this.redis.shared.hmgetBuffer(key, 'h', 'b');
    if (!text || !stored) return undefined;
    const header = readHeader(text.toString());
    const bodies = await readBodies(header, stored);
    const i = header.requests.findIndex(({ base, total }) => position >= base && position < base + total);
    const [request, body] = [header.requests[i], bodies[i]];
    return request && body && itemOfRequest(this.decoder, request, body, position - request.base);
  }

  /** Undefined once the segment is gone. Rejects when Redis does not answer or the bytes cannot be decoded. */
  events(segmentId: string): Promise<SegmentEvents | undefined> {
    const cached = this.cache.get(segmentId);
    if (cached) {
      // Least recently used first: a hit moves to the end.
      this.cache.delete(segmentId);
      this.cache.set(segmentId, cached);
      return cached;
    }
    const loading = this.read(segmentId);
    this.cache.set(segmentId, loading);
    loading.then(
      (events) => events === undefined && this.forget(segmentId),
      () => this.forget(segmentId),
    );
    return loading;
  }

  private async read(segmentId: string): Promise<SegmentEvents | undefined> {
    const key = shardKeys.segment(shardOfSegment(segmentId), segmentId);
    return this.reading.hold(1, async () => {
      const [text, stored, skipped] = await this.redis.shared.hmgetBuffer(key, 'h', 'b', 'd');
      if (!text || !stored) return undefined;
      const header = readHeader(text.toString());
      const bytes = header.requests.reduce((sum, request) => sum + request.bytes, 0);
      const repeats = new Set(fromRanges(skipped?.toString() ?? ''));
      const events = await this.decoding.hold(bytes, () => this.decode(segmentId, header, stored, repeats));
      this.remember(segmentId, bytes);
      return events;
    });
  }

  private async decode(
    segmentId: string,
    header: SegmentHeader,
    stored: Buffer,
    repeats: ReadonlySet<number>,
  ): Promise<SegmentEvents> {
    const bodies = await readBodies(header, stored);
    const events: (CanonicalEvent | undefined)[] = [];
    let restedAt = performance.now();
    for (const [i, request] of header.requests.entries()) {
      const decoded = decodeRequest(this.decoder, segmentId, request, bodies[i] ?? Buffer.alloc(0), repeats);
      for (const event of decoded) events.push(event);
      if (performance.now() - restedAt < LONGEST_MS) continue;
      await nextTurn();
      restedAt = performance.now();
    }
    return events;
  }

  private remember(segmentId: string, bytes: number): void {
    // Forgotten meanwhile, or read twice because it was.
    if (!this.cache.has(segmentId) || this.sizes.has(segmentId)) return;
    this.sizes.set(segmentId, bytes);
    this.cachedBytes += bytes;
    for (const oldest of this.cache.keys()) {
      if (this.cachedBytes <= CACHE_BYTES || oldest === segmentId) return;
      this.forget(oldest);
    }
  }

  private forget(segmentId: string): void {
    this.cache.delete(segmentId);
    this.cachedBytes -= this.sizes.get(segmentId) ?? 0;
    this.sizes.delete(segmentId);
  }
}

/** From a segment's fields `h`, `q` and `d`. */
export function headOf(id: string, header: string, sequence: string, skipped: string): SegmentHead {
  const duplicates = new Set(fromRanges(skipped));
  return { id, sequence: Number(sequence), header: readHeader(header), duplicates };
}
