import type { CanonicalEvent } from '#canonical';
import { createLog, type RedisConnections } from '#platform';
import { connectRedis, startRedis, until } from '../../../../../test/support/index.js';
import { shardKeys } from '../../keys.js';
import { EventDecoder, type DecodableRequest } from '../../segment/event-decoder.js';
import { encodeSegment } from '../../segment/segment-format.js';
import { newSegmentId } from '../../segment/segment-id.js';
import { SegmentStore } from '../../segment/segment-store.js';
import { IdIndex } from './id-index.js';
import { IdIndexer } from './id-indexer.js';

const SHARDS = [3, 9];
/** More than are read at once. */
const SEGMENTS = 40;
/** Longer than a look: every look ends after its first segment. */
const DECODING_MS = 12;

const idOf = (shard: number, n: number): string => `evt_${String(n * 7_919 + shard).padStart(6, 'z')}00000000000000`;

/** Ids that do not name their segment, made slowly; a body of `broken` cannot be decoded. */
class SlowDecoder extends EventDecoder {
  decode({ body }: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    const until = performance.now() + DECODING_MS;
    while (performance.now() < until);
    const id = body.toString();
    if (id === 'broken') throw new Error('no JSON');
    return [{ id } as CanonicalEvent];
  }

  itemAt(): unknown {
    return undefined;
  }
}

describe('the indexer of content ids', () => {
  let redis: RedisConnections;
  let index: IdIndex;
  let indexer: IdIndexer;

  beforeAll(async () => {
    const server = await startRedis();
    redis = await connectRedis({ socketPath: server.socketPath });
    index = new IdIndex(redis);
    const log = createLog({ level: 'silent', pretty: false });
    indexer = new IdIndexer(redis, new SegmentStore(redis, new SlowDecoder()), index, log);
  });
  afterAll(() => indexer.stop());

  async function store(shard: number, sequence: number, body: string): Promise<string> {
    const segmentId = newSegmentId(shard, 1_790_000_000_000 + sequence);
    const bytes = Buffer.from(body);
    const header = {
      requestId: 'req_1',
      sourceId: 'web',
      dialect: 'kixo',
      route: 'kixo.batch',
      headers: {},
      receivedAt: 1_790_000_000_000,
      base: 0,
      total: 1,
      rejected: '',
      bytes: bytes.length,
    };
    const { header: text, bodies } = await encodeSegment([header], [bytes]);
    await redis.shared.hset(shardKeys.segment(shard, segmentId), { h: text, b: bodies, q: sequence, d: '' });
    await redis.shared.zadd(shardKeys.segments(shard), sequence, segmentId);
    return segmentId;
  }

  it('leaves none out, however short its looks are, and passes over what cannot be read', async () => {
    const stored = new Map<string, { readonly shard: number; readonly segmentId: string }>();
    for (const shard of SHARDS) {
      for (let n = 0; n < SEGMENTS; n++) {
        const id = idOf(shard, n);
        if (n === 7) await store(shard, n, 'broken');
        else stored.set(id, { shard, segmentId: await store(shard, n, id) });
      }
      await redis.shared.hset(shardKeys.counters(shard), 'seq', SEGMENTS);
    }
    indexer.start(0);
    await until(async () => {
      const progress = await Promise.all(SHARDS.map((shard) => index.progress(shard)));
      return progress.every(({ indexed, accepted }) => indexed === accepted);
    });
    for (const [id, { shard, segmentId }] of stored) expect(await index.search(shard, id)).toContain(segmentId);
  });
});
