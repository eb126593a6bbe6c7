import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { shardKeys } from '../keys.js';
import type { EventDecoder } from './event-decoder.js';
import { fromRanges } from './position-ranges.js';
import { decodeSegment, rejectedSet, type SegmentRequest } from './segment-format.js';
import { eventId, shardOfSegment } from './segment-id.js';

/** A segment with its events by position; undefined where refused at the door or a repeat of an earlier request. */
export interface LoadedSegment {
  readonly id: string;
  /** Acceptance sequence of position 0. */
  readonly sequence: number;
  readonly events: readonly (CanonicalEvent | undefined)[];
  /** Positions that repeat an earlier request by its idempotency or natural key. */
  readonly duplicates: ReadonlySet<number>;
  readonly requests: readonly SegmentRequest[];
  /** Bytes of the requests as they came, decompressed. */
  readonly bytes: number;
}

/** Decoded segments kept in memory, counted by the bytes of their requests. */
const CACHE_BYTES = 32 * 1024 * 1024;

/** Reads segments and decodes them; the same segment is decoded once for all destinations that want it soon. */
export class SegmentStore {
  private readonly cache = new Map<string, Promise<LoadedSegment | undefined>>();
  private readonly sizes = new Map<string, number>();
  private cachedBytes = 0;

  constructor(
    private readonly redis: RedisConnections,
    private readonly decoder: EventDecoder,
  ) {}

  /** Undefined once the segment is gone. Rejects when Redis does not answer or the bytes cannot be decoded. */
  load(segmentId: string): Promise<LoadedSegment | undefined> {
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
      (segment) => (segment ? this.remember(segmentId, segment.bytes) : this.forget(segmentId)),
      () => this.forget(segmentId),
    );
    return loading;
  }

  private remember(segmentId: string, bytes: number): void {
    if (!this.cache.has(segmentId)) return;
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

  private async read(segmentId: string): Promise<LoadedSegment | undefined> {
    const key = shardKeys.segment(shardOfSegment(segmentId), segmentId);
    const [bytes, sequence, skipped] = await this.redis.shared.hmgetBuffer(key, 'b', 'q', 'd');
    if (!bytes) return undefined;
    const requests = await decodeSegment(bytes);
    const duplicates = new Set(fromRanges(skipped?.toString() ?? ''));
    const events = requests.flatMap((request) => this.decode(segmentId, request, duplicates));
    const size = requests.reduce((sum, request) => sum + request.body.length, 0);
    return { id: segmentId, sequence: Number(sequence), events, duplicates, requests, bytes: size };
  }

  private decode(
    segmentId: string,
    request: SegmentRequest,
    duplicates: ReadonlySet<number>,
  ): (CanonicalEvent | undefined)[] {
    const rejected = rejectedSet(request);
    const decoded = this.decoder.decode({
      ...request,
      body: request.body,
      accepts: (index) => !rejected.has(index),
      idAt: (index) => eventId(segmentId, request.base + index),
    });
    const events: (CanonicalEvent | undefined)[] = [];
    for (let index = 0; index < request.total; index++) {
      const skip = rejected.has(index) || duplicates.has(request.base + index);
      events.push(skip ? undefined : decoded[index]);
    }
    return events;
  }
}
