import type { RedisConnections } from '#platform';
import { erasureKeys } from '../keys.js';
import { RecordStore, type Stored } from '../record-store.js';
import { readErasure, type ErasureRecord } from './erasure-record.js';

export type StoredErasure = Stored<ErasureRecord>;

export class ErasureStore extends RecordStore<ErasureRecord> {
  constructor(redis: RedisConnections) {
    super(
      redis,
      erasureKeys,
      readErasure,
      ({ state }) => state !== 'done',
      () => undefined,
    );
  }
}
