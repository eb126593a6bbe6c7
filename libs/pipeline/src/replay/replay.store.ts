import type { RedisConnections } from '#platform';
import { replayKeys } from '../keys.js';
import { RecordStore, type Stored } from '../record-store.js';
import { readReplay, type ReplayRecord } from './replay-record.js';

export type StoredReplay = Stored<ReplayRecord>;

/** As long as finished batches are kept for the trace, in milliseconds. */
const KEPT_MS = 7 * 86_400_000;
/** A count is made to be looked at now. */
const COUNT_KEPT_MS = 3_600_000;

export class ReplayStore extends RecordStore<ReplayRecord> {
  constructor(redis: RedisConnections) {
    super(
      redis,
      replayKeys,
      readReplay,
      ({ state }) => state === 'counting' || state === 'running',
      ({ order }) => (order.dryRun ? COUNT_KEPT_MS : KEPT_MS),
    );
  }
}
