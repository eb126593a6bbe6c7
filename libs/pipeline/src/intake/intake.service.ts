import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardOfSource } from '../keys.js';
import type { RedisPulse } from '../redis-pulse.js';
import { idempotencyKey, repeatOf } from './append-arguments.js';
import type { IntakeRequest, IntakeResult, RecallRequest, RepeatResult } from './append-request.js';
import type { QueuedBudget } from './queued-budget.js';
import { ShardCommitter, type CommitListener } from './shard-committer.js';

const RETRY_AFTER_SECONDS = 1;
/** While the queue is over its budget, a client may as well wait for some of it to be delivered. */
const SHED_RETRY_AFTER_SECONDS = 5;

/** Durable intake: an answer other than `unavailable` means the events are on disk as Redis is set up. */
export class IntakeService {
  private readonly committers: readonly ShardCommitter[];

  constructor(
    private readonly redis: RedisConnections,
    private readonly pulse: RedisPulse,
    private readonly budget: QueuedBudget,
    onCommit: CommitListener,
  ) {
    this.committers = ALL_SHARDS.map((shard) => new ShardCommitter(shard, redis, pulse, budget, onCommit));
  }

  shedding(): boolean {
    return this.budget.shedding();
  }

  append(request: IntakeRequest): Promise<IntakeResult> {
    if (!this.pulse.healthy) return Promise.resolve({ kind: 'unavailable', retryAfterSeconds: RETRY_AFTER_SECONDS });
    if (this.budget.shedding()) {
      return Promise.resolve({ kind: 'shed', retryAfterSeconds: SHED_RETRY_AFTER_SECONDS });
    }
    const committer = this.committers[shardOfSource(request.sourceId)];
    if (!committer) throw new Error('a source without a shard');
    return committer.add(request);
  }

  /** What an append with this key would repeat; undefined where the key is new, or Redis does not answer. */
  async recall(request: RecallRequest): Promise<RepeatResult | undefined> {
    const key = idempotencyKey(shardOfSource(request.sourceId), request);
    const stored = await this.redis.ingest.get(key).catch(() => null);
    return stored === null ? undefined : repeatOf(stored, request.idempotency.bodyDigest);
  }
}
