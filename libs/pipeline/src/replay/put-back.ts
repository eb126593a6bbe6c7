import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { EPOCH_FIELD } from '../erasure/erasure-epoch.js';
import { erasureKeys, replayKeys, shardKeys } from '../keys.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import { encodeSegment } from '../segment/segment-format.js';
import { shardOfSegment } from '../segment/segment-id.js';
import { putBackScript } from './replay.scripts.js';

/** A chunk is put back once; its mark outlives any replay. */
const MARK_SECONDS = 7 * 86_400;

/** Events for one destination, as they become a segment of their own. */
export interface PutBack {
  readonly segmentId: string;
  readonly replayId: string;
  readonly destinationId: string;
  readonly events: readonly CanonicalEvent[];
  /** Of the shard's erasures, before the events were read. */
  readonly epoch: string;
}

/**
 * Whether the segment was put back. Prolongs its mark: what is awaited on the replicas is what this process wrote last, and
 * another may have put it back.
 */
export async function wasPutBack(redis: RedisConnections, segmentId: string): Promise<boolean> {
  return (await redis.shared.expire(replayKeys.mark(shardOfSegment(segmentId), segmentId), MARK_SECONDS)) === 1;
}

/** Repeating it for the same segment changes nothing. False: somebody may have been erased since the events were read. */
export async function writePutBack(
  redis: RedisConnections,
  { segmentId, replayId, destinationId, events, epoch }: PutBack,
): Promise<boolean> {
  const shard = shardOfSegment(segmentId);
  const body = Buffer.from(JSON.stringify(events));
  const header = {
    requestId: replayId,
    sourceId: '',
    dialect: PUT_BACK,
    route: 'replay',
    headers: {},
    receivedAt: Date.now(),
    base: 0,
    total: events.length,
    rejected: '',
    bytes: body.length,
  };
  const segment = await encodeSegment([header], [body]);
  const keys = [
    shardKeys.segment(shard, segmentId),
    shardKeys.unrouted(shard),
    shardKeys.counters(shard),
    shardKeys.segments(shard),
    shardKeys.ledger(shard, segmentId),
    replayKeys.mark(shard, segmentId),
    erasureKeys.inShard(shard),
  ];
  const decision = JSON.stringify(Object.fromEntries([[destinationId, `0-${events.length - 1}`]]));
  const chunk = [segmentId, segment.header, segment.bodies, decision, destinationId, events.length, MARK_SECONDS];
  return (await putBackScript.run(redis.shared, keys, [...chunk, EPOCH_FIELD, epoch])) !== -1;
}
