import type { DeadLetter, DeadLetterGroup, DeadLetterGroups } from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';
import type { KnownDestinations } from './dead-letter-list.js';

/** Letters looked at for one answer, over all destinations: some hundred milliseconds, a few at a time. */
const MAX_COUNTED = 10_000;
/** As much as is read of them. */
const MAX_BYTES = 32 * 1024 * 1024;
const READ_AT_ONCE = 50;
/** However many watch: one look serves all who ask within this time. */
const FRESH_MS = 2_000;

interface Kept {
  readonly destinationId: string;
  readonly kept: number;
}

/**
 * Counts dead letters by destination and reason. Reasons are not counted where letters are parked, so this reads them,
 * the newest of each destination within bounds, and says how far it got.
 */
export class DeadLetterGrouping {
  private readonly latest = new Map<string, { readonly at: number; readonly groups: Promise<DeadLetterGroups> }>();

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: KnownDestinations,
  ) {}

  read(destinationId: string | undefined, now: number): Promise<DeadLetterGroups> {
    for (const [key, { at }] of this.latest) if (now - at >= FRESH_MS) this.latest.delete(key);
    const key = destinationId ?? '';
    const known = this.latest.get(key);
    if (known) return known.groups;
    const groups = this.count(destinationId === undefined ? [...this.configuration.destinations.keys()] : [key]);
    this.latest.set(key, { at: now, groups });
    groups.catch(() => this.latest.delete(key));
    return groups;
  }

  private async count(ids: readonly string[]): Promise<DeadLetterGroups> {
    const kept = await Promise.all(
      ids.map(async (destinationId) => ({
        destinationId,
        kept: await this.redis.shared.zcard(destinationKeys.deadLetterOrder(destinationId)),
      })),
    );
    const groups: DeadLetterGroup[] = [];
    let counted = 0;
    let bytesLeft = MAX_BYTES;
    for (const { destinationId, kept: all, share } of fairShares(kept)) {
      const tally = new Tally();
      for (let from = 0; from < share && bytesLeft > 0; from += READ_AT_ONCE) {
        const texts = await this.newest(destinationId, from, Math.min(from + READ_AT_ONCE, share) - 1);
        bytesLeft -= texts.reduce((sum, text) => sum + text.length, 0);
        for (const text of texts) tally.add(JSON.parse(text) as DeadLetter);
      }
      counted += tally.counted;
      groups.push(...tally.groups(destinationId, tally.counted >= all));
    }
    const total = kept.reduce((sum, one) => sum + one.kept, 0);
    return { groups: groups.sort((a, b) => b.count - a.count), counted, kept: total };
  }

  private async newest(destinationId: string, from: number, to: number): Promise<readonly string[]> {
    const ids = await this.redis.shared.zrevrange(destinationKeys.deadLetterOrder(destinationId), from, to);
    if (ids.length === 0) return [];
    const texts = await this.redis.shared.hmget(destinationKeys.deadLetters(destinationId), ...ids);
    return texts.filter((text) => text !== null);
  }
}

/** Who has few is counted to the end; what these leave over is shared by the others. */
export function fairShares(kept: readonly Kept[], most = MAX_COUNTED): readonly (Kept & { readonly share: number })[] {
  const ascending = kept.filter((one) => one.kept > 0).sort((a, b) => a.kept - b.kept);
  let left = most;
  return ascending.map((one, index) => {
    const share = Math.min(one.kept, Math.floor(left / (ascending.length - index)));
    left -= share;
    return { ...one, share };
  });
}

/** Of one destination; fed newest first. */
class Tally {
  counted = 0;
  private readonly byCode = new Map<string, { count: number; oldestAt: string; readonly newest: DeadLetter }>();

  add(letter: DeadLetter): void {
    this.counted++;
    const known = this.byCode.get(letter.reason.code);
    if (!known) this.byCode.set(letter.reason.code, { count: 1, oldestAt: letter.at, newest: letter });
    else {
      known.count++;
      known.oldestAt = letter.at;
    }
  }

  groups(destinationId: string, exact: boolean): readonly DeadLetterGroup[] {
    return [...this.byCode].map(([code, { count, oldestAt, newest }]) => ({
      destinationId,
      code,
      count,
      exact,
      detail: newest.reason.detail,
      newestAt: newest.at,
      oldestAt,
    }));
  }
}
