import type { CanonicalEvent } from '#canonical';
import type { Log, RedisConnections } from '#platform';
import { erasureKeys, shardKeys } from '../keys.js';
import { decodeRequest } from '../segment/decode-request.js';
import { PUT_BACK, type EventDecoder } from '../segment/event-decoder.js';
import { fromRanges } from '../segment/position-ranges.js';
import { encodeSegment, readBodies, readHeader, type RequestHeader } from '../segment/segment-format.js';
import { shardOfSegment } from '../segment/segment-id.js';
import { rewriteSegmentScript } from './erasure.scripts.js';
import type { SubjectTest } from './subject.js';

export interface Looked {
  /** Events looked at. */
  readonly scanned: number;
  readonly rewritten: boolean;
}

/** One request without the person. */
interface Cleaned {
  readonly header: RequestHeader;
  readonly body: Buffer;
  /** Live events taken out; undefined where the request stays byte for byte. */
  readonly erased?: number;
}

const NONE: ReadonlySet<number> = new Set();

/** Takes a person's events out of segments; the others stay where they are, under their ids. */
export class SegmentEraser {
  constructor(
    private readonly redis: RedisConnections,
    private readonly decoder: EventDecoder,
    private readonly log: Log,
  ) {}

  /** Undefined once the segment is gone. Repeating it changes nothing. */
  async erase(erasureId: string, segmentId: string, test: SubjectTest): Promise<Looked | undefined> {
    const shard = shardOfSegment(segmentId);
    const key = shardKeys.segment(shard, segmentId);
    for (;;) {
      const [text, stored, skipped, revision] = await this.redis.shared.hmgetBuffer(key, 'h', 'b', 'd', 'w');
      if (!text || !stored) return undefined;
      const header = readHeader(text.toString());
      const duplicates = new Set(fromRanges(skipped?.toString() ?? ''));
      const bodies = await readBodies(header, stored);
      const cleaned = header.requests.map((request, i) =>
        this.clean(segmentId, request, bodies[i] ?? Buffer.alloc(0), duplicates, test),
      );
      const scanned = header.requests.reduce((sum, { total }) => sum + total, 0);
      if (cleaned.every(({ erased }) => erased === undefined)) return { scanned, rewritten: false };
      const segment = await encodeSegment(
        cleaned.map((one) => one.header),
        cleaned.map(({ body }) => body),
      );
      const events = cleaned.reduce((sum, { erased = 0 }) => sum + erased, 0);
      const keys = [key, shardKeys.counters(shard), erasureKeys.inShard(shard)];
      const values = [revision?.toString() ?? '', segment.header, segment.bodies, erasureId, events];
      const written = await rewriteSegmentScript.run(this.redis.shared, keys, values);
      if (written === 1) return { scanned, rewritten: true };
      if (written === -1) return undefined;
    }
  }

  private clean(
    segmentId: string,
    request: RequestHeader,
    body: Buffer,
    duplicates: ReadonlySet<number>,
    test: SubjectTest,
  ): Cleaned {
    const live = this.decode(segmentId, request, body, duplicates);
    // Nobody gets a repeat, but it tells of the person all the same.
    const events = live && duplicates.size > 0 ? this.decode(segmentId, request, body, NONE) : live;
    if (!live || !events) return { header: request, body };
    const isPerson = events.map((event) => event !== undefined && test.event(event));
    const erased = isPerson.filter((person, index) => person && live[index] !== undefined).length;
    if (!isPerson.includes(true) && !(hasMoreThan(request, events) && mentions(body, test)))
      return { header: request, body };
    const kept = live.map((event, index) => (isPerson[index] === true ? null : (event ?? null)));
    const bytes = Buffer.from(JSON.stringify(kept));
    return { header: { ...request, form: 'canonical', bytes: bytes.length }, body: bytes, erased };
  }

  private decode(
    segmentId: string,
    request: RequestHeader,
    body: Buffer,
    repeats: ReadonlySet<number>,
  ): readonly (CanonicalEvent | undefined)[] | undefined {
    try {
      return decodeRequest(this.decoder, segmentId, request, body, repeats);
    } catch (error) {
      this.log.error({ segmentId, requestId: request.requestId, error: String(error) }, 'a request cannot be read');
      return undefined;
    }
  }
}

/** What came holds items that are no events: refused ones. */
function hasMoreThan({ form, dialect }: RequestHeader, events: readonly unknown[]): boolean {
  return form === undefined && dialect !== PUT_BACK && events.includes(undefined);
}

function mentions(body: Buffer, test: SubjectTest): boolean {
  return test.raw(JSON.parse(body.toString()));
}
