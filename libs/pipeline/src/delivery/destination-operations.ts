import {
  invalid,
  type Configuration,
  type DeadLetter,
  type DeadLetterQuery,
  type DeliveryOperations,
  type DestinationStats,
  type Page,
} from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys, SHARD_COUNT } from '../keys.js';
import type { Ledger } from '../routing/ledger.js';
import { destinationOfDeadLetter } from './dead-letter.js';
import { discardScript } from './delivery.scripts.js';
import { readStats } from './destination-stats.js';
import { discardDeadLettersScript } from './dead-letter.script.js';
import type { DeliveryQueues } from './delivery-queues.js';

/** Late routers of a deleted destination are refused for so long: longer than any lease. In seconds. */
const GONE_SECONDS = 600;
/** Users whose events are forgotten in one script run: a few milliseconds. */
const USERS_AT_ONCE = 2_000;

/** What admins ask of deliveries, answered from the destinations' state in Redis. */
export class DestinationOperations implements DeliveryOperations {
  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly queues: DeliveryQueues,
    private readonly ledger: Ledger,
  ) {}

  async stats(destinationId: string): Promise<DestinationStats> {
    const state = await this.redis.shared.hgetall(destinationKeys.state(destinationId));
    return readStats(state);
  }

  async discard(destinationId: string): Promise<void> {
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
    ];
    const values = [GONE_SECONDS, Date.now(), USERS_AT_ONCE, SHARD_COUNT];
    while ((await discardScript.run(this.redis.shared, keys, values)) === 0);
    const unjudged = await this.redis.shared.hkeys(destinationKeys.unjudged(destinationId));
    await this.ledger.settled(destinationId, new Map(unjudged.map((segmentId) => [segmentId, ''])));
    await this.redis.shared.del(destinationKeys.unjudged(destinationId));
    const settled = await this.redis.shared.hgetall(destinationKeys.settled(destinationId));
    await this.ledger.settled(destinationId, new Map(Object.entries(settled)));
    await this.redis.shared.del(destinationKeys.settled(destinationId));
    await this.queues.remove(destinationId);
  }

  async listDeadLetters({ destinationId, limit, after }: DeadLetterQuery): Promise<Page<DeadLetter>> {
    const ids = destinationId === undefined ? [...this.configuration.destinations.keys()] : [destinationId];
    const before = after === undefined ? undefined : readCursor(after);
    const lists = await Promise.all(ids.map((id) => this.newest(id, limit + 1, before)));
    const found = lists.flat().sort(newestFirst);
    const shown = found.slice(0, limit);
    const letters = await Promise.all(shown.map(({ id }) => this.deadLetter(id)));
    const last = shown.at(-1);
    const next = found.length > limit && last ? `${last.at}/${last.id}` : null;
    return { items: letters.filter((letter) => letter !== undefined), next };
  }

  async discardDeadLetter(id: string): Promise<boolean> {
    const destinationId = destinationOfDeadLetter(id);
    const keys = [
      destinationKeys.deadLetters(destinationId),
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.state(destinationId),
    ];
    return (await discardDeadLettersScript.run(this.redis.shared, keys, [id])) === 1;
  }

  private async deadLetter(id: string): Promise<DeadLetter | undefined> {
    const text = await this.redis.shared.hget(destinationKeys.deadLetters(destinationOfDeadLetter(id)), id);
    return text === null ? undefined : (JSON.parse(text) as DeadLetter);
  }

  private async newest(destinationId: string, limit: number, before: Place | undefined): Promise<readonly Place[]> {
    const key = destinationKeys.deadLetterOrder(destinationId);
    const max = before === undefined ? '+inf' : String(before.at);
    // Some more than asked for: those of the same millisecond as the cursor have been shown already.
    const flat = await this.redis.shared.zrevrangebyscore(key, max, '-inf', 'WITHSCORES', 'LIMIT', 0, limit + 1_000);
    const places: Place[] = [];
    for (let i = 0; i < flat.length; i += 2) places.push({ id: flat[i] ?? '', at: Number(flat[i + 1]) });
    return places.filter((place) => before === undefined || newestFirst(before, place) < 0).slice(0, limit);
  }
}

interface Place {
  readonly id: string;
  readonly at: number;
}

const newestFirst = (a: Place, b: Place): number => b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

function readCursor(text: string): Place {
  const [, at, id] = /^(\d{1,16})\/(.{1,200})$/.exec(text) ?? [];
  if (at !== undefined && id !== undefined) return { at: Number(at), id };
  throw invalid([{ pointer: '/cursor', message: 'must be the nextCursor of an earlier answer' }]);
}
