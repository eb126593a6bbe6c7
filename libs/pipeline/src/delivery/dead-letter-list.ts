import { invalid, type DeadLetter, type DeadLetterQuery, type DiscardedLetters, type Page } from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';
import { destinationOfDeadLetter } from './dead-letter.js';
import { discardDeadLettersScript } from './dead-letter.script.js';

/** Letters read for one page: where few of them fit the filter, a page is short and names the next one. */
const MAX_READ = 1_000;
/** Letters one call discards. It passes any number of others on its way: some microseconds each. */
const MAX_DISCARDED = 10_000;
const READ_AT_ONCE = 100;

export interface KnownDestinations {
  readonly destinations: ReadonlyMap<string, unknown>;
}

/** The dead letters themselves, newest first. */
export class DeadLetterList {
  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: KnownDestinations,
  ) {}

  async list({ destinationId, code, limit, after }: DeadLetterQuery): Promise<Page<DeadLetter>> {
    const ids = destinationId === undefined ? [...this.configuration.destinations.keys()] : [destinationId];
    const before = after === undefined ? undefined : readCursor(after);
    const most = code === undefined ? limit : MAX_READ;
    const lists = await Promise.all(ids.map((id) => this.newest(id, most + 1, before)));
    const found = lists.flat().sort(newestFirst);
    const items: DeadLetter[] = [];
    let read = 0;
    while (read < Math.min(found.length, most) && items.length < limit) {
      const some = found.slice(read, Math.min(read + Math.min(READ_AT_ONCE, limit), most));
      for (const letter of await Promise.all(some.map(({ id }) => this.deadLetter(id)))) {
        if (items.length === limit) break;
        read++;
        if (letter && (code === undefined || letter.reason.code === code)) items.push(letter);
      }
    }
    const last = found[read - 1];
    return { items, next: found.length > read && last ? `${last.at}/${last.id}` : null };
  }

  async discard(id: string): Promise<boolean> {
    return (await this.remove(destinationOfDeadLetter(id), [id])) === 1;
  }

  /** From the oldest on; letters that are parked meanwhile are left for the next call. */
  async discardAll(destinationId: string, code: string): Promise<DiscardedLetters> {
    const order = destinationKeys.deadLetterOrder(destinationId);
    let discarded = 0;
    let passed = 0;
    while (discarded < MAX_DISCARDED) {
      const ids = await this.redis.shared.zrange(order, passed, String(passed + READ_AT_ONCE - 1));
      if (ids.length === 0) return { discarded, more: false };
      const texts = await this.redis.shared.hmget(destinationKeys.deadLetters(destinationId), ...ids);
      const letters = texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as DeadLetter]));
      const meant = letters.flatMap(({ id, reason }) => (reason.code === code ? [id] : []));
      if (meant.length > 0) discarded += await this.remove(destinationId, meant);
      passed += ids.length - meant.length;
    }
    return { discarded, more: true };
  }

  private remove(destinationId: string, ids: readonly string[]): Promise<number> {
    const keys = [
      destinationKeys.deadLetters(destinationId),
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.state(destinationId),
    ];
    return discardDeadLettersScript.run(this.redis.shared, keys, ['', ...ids]) as Promise<number>;
  }

  private async deadLetter(id: string): Promise<DeadLetter | undefined> {
    const text = await this.redis.shared.hget(destinationKeys.deadLetters(destinationOfDeadLetter(id)), id);
    return text === null ? undefined : (JSON.parse(text) as DeadLetter);
  }

  private async newest(destinationId: string, limit: number, before: Place | undefined): Promise<readonly Place[]> {
    const key = destinationKeys.deadLetterOrder(destinationId);
    const max = before === undefined ? '+inf' : String(before.at);
    const places: Place[] = [];
    // Of those of the cursor's millisecond, any number have been shown already.
    for (let offset = 0; places.length < limit; offset += MAX_READ) {
      const range = [key, max, '-inf', 'WITHSCORES', 'LIMIT', offset, MAX_READ] as const;
      const flat = await this.redis.shared.zrevrangebyscore(...range);
      for (let i = 0; i < flat.length; i += 2) {
        const place = { id: flat[i] ?? '', at: Number(flat[i + 1]) };
        if (before === undefined || newestFirst(before, place) < 0) places.push(place);
      }
      if (flat.length < 2 * MAX_READ) break;
    }
    return places.slice(0, limit);
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
