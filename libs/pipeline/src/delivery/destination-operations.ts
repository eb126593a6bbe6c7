import type {
  Configuration,
  DeadLetter,
  DeadLetterGroups,
  DeadLetterQuery,
  DeliveryOperations,
  DestinationStats,
  DiscardedLetters,
  Page,
} from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys, SHARD_COUNT } from '../keys.js';
import type { Ledger } from '../routing/ledger.js';
import { DeadLetterGrouping } from './dead-letter-grouping.js';
import { DeadLetterList } from './dead-letter-list.js';
import { discardScript } from './delivery.scripts.js';
import { readStats } from './destination-stats.js';
import type { DeliveryQueues } from './delivery-queues.js';
import { someNotes } from './settled-outbox.js';

/** Late routers of a deleted destination are refused for so long: longer than any lease. In seconds. */
const GONE_SECONDS = 600;
/** Segments, and users whose events are forgotten, in one script run: a few milliseconds. */
const FORGOTTEN_AT_ONCE = 2_000;

const LIVES_AGAIN = 2;

/** What admins ask of deliveries, answered from the destinations' state in Redis. */
export class DestinationOperations implements DeliveryOperations {
  private readonly letters: DeadLetterList;
  private readonly grouping: DeadLetterGrouping;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly queues: DeliveryQueues,
    private readonly ledger: Ledger,
  ) {
    this.letters = new DeadLetterList(redis, configuration);
    this.grouping = new DeadLetterGrouping(redis, configuration);
  }

  async stats(destinationId: string): Promise<DestinationStats> {
    const state = await this.redis.shared.hgetall(destinationKeys.state(destinationId));
    return readStats(state, this.configuration.destinations.get(destinationId), Date.now());
  }

  async discard(destinationId: string, createdAt: number): Promise<boolean> {
    const keys = [
      destinationKeys.pending(destinationId),
      destinationKeys.batches(destinationId),
      destinationKeys.state(destinationId),
      destinationKeys.open(destinationId),
      destinationKeys.settled(destinationId),
      destinationKeys.finished(destinationId),
      destinationKeys.seen(destinationId),
      destinationKeys.gone(destinationId),
      destinationKeys.batch(destinationId, ''),
      destinationKeys.deadLetters(destinationId),
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.resting(destinationId),
      destinationKeys.busy(destinationId),
      destinationKeys.user(destinationId, ''),
      destinationKeys.ready(destinationId, ''),
      destinationKeys.leaving(destinationId),
    ];
    const values = [GONE_SECONDS, createdAt, FORGOTTEN_AT_ONCE, SHARD_COUNT];
    let verdict: unknown;
    do verdict = await discardScript.run(this.redis.shared, keys, values);
    while (verdict === 0);
    if (verdict === LIVES_AGAIN) {
      await this.handBack(destinationId);
      return false;
    }
    await this.handBack(destinationId, destinationKeys.unjudged(destinationId), () => '');
    await this.handBack(destinationId);
    await this.queues.remove(destinationId);
    return true;
  }

  /** Tells the ledgers of the segments in a hash, some at a time: whoever breaks off has got on. */
  private async handBack(
    destinationId: string,
    key = destinationKeys.settled(destinationId),
    noteOf = (stored: string): string => stored,
  ): Promise<void> {
    for (;;) {
      const some = await someNotes(this.redis, key, FORGOTTEN_AT_ONCE);
      if (some.size === 0) return;
      await this.ledger.settled(destinationId, new Map([...some].map(([id, stored]) => [id, noteOf(stored)])));
      await this.redis.shared.hdel(key, ...some.keys());
      if (some.size < FORGOTTEN_AT_ONCE) return;
    }
  }

  listDeadLetters(query: DeadLetterQuery): Promise<Page<DeadLetter>> {
    return this.letters.list(query);
  }

  groupDeadLetters(destinationId: string | undefined): Promise<DeadLetterGroups> {
    return this.grouping.read(destinationId, Date.now());
  }

  discardDeadLetters(destinationId: string, code: string): Promise<DiscardedLetters> {
    return this.letters.discardAll(destinationId, code);
  }

  discardDeadLetter(id: string): Promise<boolean> {
    return this.letters.discard(id);
  }
}
