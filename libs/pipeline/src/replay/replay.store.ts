import type { RedisConnections } from '#platform';
import { replayKeys } from '../keys.js';
import { RecordStore, type Stored } from '../record-store.js';
import { readReplay, type PutBackSegment, type ReplayRecord } from './replay-record.js';

export type StoredReplay = Stored<ReplayRecord>;

/** As long as finished batches are kept for the trace, in milliseconds. */
const KEPT_MS = 7 * 86_400_000;
/** A count is made to be looked at now. */
const COUNT_KEPT_MS = 3_600_000;

/** Records, and beside each the list of what was put back: it grows with the replay, and is not written anew with each chunk. */
export class ReplayStore extends RecordStore<ReplayRecord> {
  constructor(redis: RedisConnections) {
    super(redis, replayKeys, readReplay, isActive, keptMs);
  }

  /** `putBack` is noted if the record is written, and only then. */
  override save(
    stored: StoredReplay,
    record: ReplayRecord,
    putBack?: PutBackSegment,
  ): Promise<StoredReplay | undefined> {
    const key = replayKeys.putBack(record.id);
    if (!putBack) return this.write(stored.text, record, { key });
    return this.write(stored.text, record, {
      key,
      added: { score: stored.record.queued, member: putBack.join(' ') },
    });
  }

  /** The newest first, `most` of them. */
  async putBackBy({ id, segments }: ReplayRecord, most = Infinity): Promise<readonly PutBackSegment[]> {
    const last = most === Infinity ? '-1' : String(most - 1);
    const noted = await this.redis.shared.zrevrange(replayKeys.putBack(id), 0, last);
    return [...noted.map(readPutBack), ...segments.toReversed()].slice(0, most);
  }
}

/** A chunk that is under way is brought to its end also where the replay was cancelled. */
const isActive = ({ state, pending }: ReplayRecord): boolean =>
  state === 'counting' || state === 'running' || (state === 'cancelled' && pending !== undefined);

const keptMs = ({ order }: ReplayRecord): number => (order.dryRun ? COUNT_KEPT_MS : KEPT_MS);

function readPutBack(text: string): PutBackSegment {
  const [segmentId = '', events] = text.split(' ');
  return [segmentId, Number(events)];
}
