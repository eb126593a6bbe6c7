import type { RedisConnections } from '#platform';
import type { DeadLetter } from '../delivery/dead-letter.js';
import { destinationKeys, erasureKeys, shardKeys } from '../keys.js';
import type { RejectedRequest } from '../rejections/rejection-store.js';
import { eraseDeadLettersScript, eraseRejectionsScript } from './erasure.scripts.js';
import type { SubjectTest } from './subject.js';

const AT_ONCE = 100;

/** Asked between two portions; false: stop here. */
type GoOn = () => Promise<boolean>;

/** Takes a person out of what is kept beside the segments. Repeating it changes nothing. */
export class ListEraser {
  constructor(private readonly redis: RedisConnections) {}

  /** How many were looked at. */
  async deadLetters(erasureId: string, destinationId: string, test: SubjectTest, goOn: GoOn): Promise<number> {
    const letters = destinationKeys.deadLetters(destinationId);
    const keys = [
      letters,
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.state(destinationId),
      erasureKeys.inDestination(destinationId),
    ];
    let scanned = 0;
    let cursor = '0';
    do {
      const [next, flat] = await this.redis.shared.hscan(letters, cursor, 'COUNT', AT_ONCE);
      cursor = next;
      const ids: string[] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const { id, event } = JSON.parse(flat[i + 1] ?? 'null') as DeadLetter;
        scanned += 1;
        if (test.event(event)) ids.push(id);
      }
      if (ids.length > 0) await eraseDeadLettersScript.run(this.redis.shared, keys, [erasureId, ...ids]);
    } while (cursor !== '0' && (await goOn()));
    return scanned;
  }

  /** Requests with a refused item that mentions the person go whole: a stream's entries cannot be changed. */
  async rejections(erasureId: string, shard: number, test: SubjectTest, goOn: GoOn): Promise<void> {
    const stream = shardKeys.rejections(shard);
    const keys = [stream, shardKeys.counters(shard), erasureKeys.rejectionsInShard(shard)];
    let from = '-';
    do {
      const entries = await this.redis.shared.xrange(stream, from, '+', 'COUNT', AT_ONCE);
      const ids = entries.flatMap(([id, fields]) => {
        const { items } = JSON.parse(fields[1] ?? 'null') as RejectedRequest;
        return items.some(({ item }) => test.raw(item)) ? [id] : [];
      });
      if (ids.length > 0) await eraseRejectionsScript.run(this.redis.shared, keys, [erasureId, ...ids]);
      const last = entries.at(-1)?.[0];
      if (last === undefined || entries.length < AT_ONCE) return;
      from = `(${last}`;
    } while (await goOn());
  }
}
