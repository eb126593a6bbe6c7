import type { RedisConnections } from '#platform';
import { replayKeys } from '../keys.js';
import { RecordStore, type Stored } from '../record-store.js';
import { readReplay, type ReplayRecord } from './replay-record.js';

export type StoredReplay = Stored<ReplayRecord>;

export class ReplayStore extends RecordStore<ReplayRecord> {
  constructor(redis: RedisConnections) {
    super(redis, replayKeys, readReplay, ({ state }) => state === 'counting' || state === 'running');
  }
}
