import type { RedisConnections } from '#platform';
import { readBatchRecord, type BatchRecord } from '../delivery/batch-record.js';
import { ascending } from '../delivery/search.js';
import { segmentCounts } from '../delivery/settlement.js';
import { destinationKeys, shardKeys } from '../keys.js';
import { fromRanges } from '../segment/position-ranges.js';
import { shardOfSegment } from '../segment/segment-id.js';
import type { PutBackSegment } from './replay-record.js';

/** What has become of the events that a replay put back. */
export interface ReplayProgress {
  readonly settled: number;
  /** Of these, taken by the destination; and those of which no record is kept any more. */
  readonly delivered: number;
  readonly deadLettered: number;
  readonly notWanted: number;
}

/** A segment that is released, or whose history is gone already. */
interface Settled {
  readonly segmentId: string;
  readonly events: number;
  /** Undefined where nobody knows any more; none: it never came to a batch, since more waited than may. */
  readonly batchIds: readonly string[] | undefined;
}

export async function progressOf(
  redis: RedisConnections,
  destinationId: string,
  segments: readonly PutBackSegment[],
): Promise<ReplayProgress> {
  const looked = await Promise.all(segments.map((segment) => settledSegment(redis, destinationId, segment)));
  const released = looked.flatMap((one) => one ?? []);
  const settled = released.reduce((sum, { events }) => sum + events, 0);
  const overflown = released.filter(({ batchIds }) => batchIds?.length === 0);
  const ids = new Set(released.map(({ segmentId }) => segmentId));
  let deadLettered = overflown.reduce((sum, { events }) => sum + events, 0);
  let notWanted = 0;
  for (const record of await recordsOf(redis, destinationId, released)) {
    deadLettered += countIn(
      ids,
      record,
      record.settled.rejected.map(({ member }) => member),
    );
    notWanted += countIn(ids, record, fromRanges(record.settled.notWanted));
  }
  return { settled, delivered: settled - deadLettered - notWanted, deadLettered, notWanted };
}

async function settledSegment(
  redis: RedisConnections,
  destinationId: string,
  [segmentId, events]: PutBackSegment,
): Promise<Settled | undefined> {
  const key = shardKeys.segment(shardOfSegment(segmentId), segmentId);
  const [size, released, batches] = await redis.shared.hmget(key, 'z', 'x', `t:${destinationId}`);
  if (typeof size !== 'string') return { segmentId, events, batchIds: undefined };
  if (typeof released !== 'string') return undefined;
  return { segmentId, events, batchIds: batches?.split(',').filter((id) => id !== '') };
}

async function recordsOf(
  redis: RedisConnections,
  destinationId: string,
  released: readonly Settled[],
): Promise<readonly BatchRecord[]> {
  const ids = new Set(released.flatMap(({ batchIds }) => batchIds ?? []));
  const texts = await Promise.all(
    [...ids].map((id) => redis.shared.hget(destinationKeys.batch(destinationId, id), 'j')),
  );
  return texts.flatMap((text) => (text === null ? [] : readBatchRecord(text)));
}

function countIn(segmentIds: ReadonlySet<string>, record: BatchRecord, members: readonly number[]): number {
  const counts = segmentCounts(record, ascending(members));
  return counts.reduce((sum, { segmentId, count }) => sum + (segmentIds.has(segmentId) ? count : 0), 0);
}
