import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { rewriteSegmentScript } from '../erasure/erasure.scripts.js';
import { erasureKeys, shardKeys } from '../keys.js';
import { readAllotment } from '../routing/decision.js';
import { decodeRequest } from '../segment/decode-request.js';
import type { EventDecoder } from '../segment/event-decoder.js';
import { fromRanges } from '../segment/position-ranges.js';
import {
  encodeSegment,
  readBodies,
  readHeader,
  type RequestHeader,
  type SegmentHeader,
} from '../segment/segment-format.js';
import { shardOfSegment } from '../segment/segment-id.js';

/** A segment of which more is live stays as it is: there is little to gain. */
const MAX_LIVE_SHARE = 0.25;
/** Smaller ones are mostly header. */
const MIN_BYTES = 2_048;

/** Writes segments anew with nothing but the events that somebody still waits for. Positions and ids stay. */
export class SegmentRepacker {
  constructor(
    private readonly redis: RedisConnections,
    private readonly decoder: EventDecoder,
  ) {}

  /** Bytes freed; 0 where it is not worth it. Repeating it changes nothing. */
  async repack(segmentId: string): Promise<number> {
    const shard = shardOfSegment(segmentId);
    const key = shardKeys.segment(shard, segmentId);
    const live = await this.livePositions(segmentId);
    if (!live) return 0;
    // Most are looked at in vain: without their bodies.
    const glance = await this.redis.shared.hget(key, 'h');
    if (glance === null || !isWorthwhile(readHeader(glance), live)) return 0;
    const [text, stored, skipped, revision] = await this.redis.shared.hmgetBuffer(key, 'h', 'b', 'd', 'w');
    if (!text || !stored || text.length + stored.length < MIN_BYTES) return 0;
    const header = readHeader(text.toString());
    const repeats = new Set(fromRanges(skipped?.toString() ?? ''));
    const bodies = await readBodies(header, stored);
    const parts = header.requests.map((request, i) =>
      this.thinned(segmentId, request, bodies[i] ?? Buffer.alloc(0), repeats, live),
    );
    const segment = await encodeSegment(
      parts.map((part) => part.header),
      parts.map(({ body }) => body),
    );
    const freed = text.length + stored.length - segment.header.length - segment.bodies.length;
    if (freed <= 0) return 0;
    const values = [revision?.toString() ?? '', segment.header, segment.bodies, '', 0];
    const keys = [key, shardKeys.counters(shard), erasureKeys.inShard(shard)];
    return (await rewriteSegmentScript.run(this.redis.shared, keys, values)) === 1 ? freed : 0;
  }

  /**
   * What destinations that have not settled the segment wanted of it. Some of it they may have settled since; more it
   * cannot become: the decision stands, and destinations only leave the ledger. Undefined where it is not known yet.
   */
  private async livePositions(segmentId: string): Promise<ReadonlySet<number> | undefined> {
    const shard = shardOfSegment(segmentId);
    const [[decision, released], open, unrouted] = await Promise.all([
      this.redis.shared.hmget(shardKeys.segment(shard, segmentId), 'r', 'x'),
      this.redis.shared.smembers(shardKeys.ledger(shard, segmentId)),
      this.redis.shared.zscore(shardKeys.unrouted(shard), segmentId),
    ]);
    if (decision === null || decision === undefined || released || unrouted !== null) return undefined;
    const decided = new Map(Object.entries(JSON.parse(decision) as Record<string, string>));
    const live = new Set<number>();
    for (const destinationId of open) {
      for (const position of fromRanges(readAllotment(decided.get(destinationId) ?? '').ranges)) live.add(position);
    }
    return live;
  }

  private thinned(
    segmentId: string,
    request: RequestHeader,
    body: Buffer,
    repeats: ReadonlySet<number>,
    live: ReadonlySet<number>,
  ): { readonly header: RequestHeader; readonly body: Buffer } {
    const events = decodeRequest(this.decoder, segmentId, request, body, repeats);
    const kept = events.map((event, index): CanonicalEvent | null =>
      live.has(request.base + index) ? (event ?? null) : null,
    );
    const bytes = Buffer.from(JSON.stringify(kept));
    return { header: { ...request, form: 'canonical', bytes: bytes.length }, body: bytes };
  }
}

/** What has been repacked already has no more in it than what is live. */
function isWorthwhile({ requests }: SegmentHeader, live: ReadonlySet<number>): boolean {
  const total = requests.reduce((sum, request) => sum + request.total, 0);
  return live.size <= total * MAX_LIVE_SHARE && requests.some(({ form }) => form !== 'canonical');
}
