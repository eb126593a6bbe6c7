import { randomBytes } from 'node:crypto';
import type { Configuration } from '#control-plane';
import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';
import { countErased } from './erasure-counts.js';
import type { ErasureCounts, ErasureRecord, ErasureState } from './erasure-record.js';
import type { ErasureStore } from './erasure.store.js';
import { subjectOf, type Subject } from './subject.js';

export interface ErasureView {
  readonly id: string;
  readonly state: ErasureState;
  readonly by: 'userId' | 'anonymousId' | 'email';
  /** Of the value in its common form: who knows it can tell whose erasure this was. */
  readonly sha256: string;
  /** Events and dead letters looked at so far. */
  readonly scanned: number;
  readonly erased: ErasureCounts;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** Whether Redis writes its append-only file anew; null before the end. */
  readonly fileRewritten: boolean | null;
}

const NAMES = { user_id: 'userId', anonymous_id: 'anonymousId', email: 'email' } as const;

/** Forgetting a person: everything that was accepted about them before. */
export class ErasuresService {
  constructor(
    private readonly redis: RedisConnections,
    private readonly store: ErasureStore,
    private readonly configuration: Configuration,
  ) {}

  async create(field: Subject['field'], value: string): Promise<ErasureView> {
    const now = Date.now();
    const ends = await Promise.all(
      ALL_SHARDS.map(async (shard) => {
        const next = await this.redis.shared.hget(shardKeys.counters(shard), 'seq');
        return [shard, Number(next ?? 0)] as const;
      }),
    );
    const record: ErasureRecord = {
      v: 1,
      id: `ers_${now.toString(36)}${randomBytes(5).toString('hex')}`,
      subject: subjectOf(field, value),
      state: 'running',
      createdAt: new Date(now).toISOString(),
      finishedAt: null,
      scanned: 0,
      cursor: {},
      ends: Object.fromEntries(ends),
      closingAt: 0,
    };
    await this.store.create(record);
    return this.view(record);
  }

  async find(id: string): Promise<ErasureView | undefined> {
    const stored = await this.store.find(id);
    return stored && this.view(stored.record);
  }

  private async view(record: ErasureRecord): Promise<ErasureView> {
    const { id, state, subject, scanned, createdAt, finishedAt, fileRewritten = null } = record;
    const destinationIds = this.configuration.destinationIds();
    const erased = record.counts ?? (await countErased(this.redis, id, destinationIds));
    const { sha256, field } = subject;
    return { id, state, by: NAMES[field], sha256, scanned, erased, createdAt, finishedAt, fileRewritten };
  }
}
