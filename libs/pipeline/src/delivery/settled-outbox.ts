import type { Log, RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';
import type { Ledger } from '../routing/ledger.js';

/** How long settled segments are collected before their ledgers are told, in milliseconds. */
const COLLECT_MS = 5;
/** Carried at once by a sweep, and forgotten in one call: what a crash left may be hundreds of thousands. */
const AT_ONCE = 2_000;

/**
 * Carries settled segments from a destination to the segments' ledgers. The settle script has noted them in the
 * destination's `settled` hash; only after the ledger knows is the note deleted, so a crash in between is made good by
 * `sweep`.
 */
export class SettledOutbox {
  private waiting = new Map<string, Map<string, string>>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: RedisConnections,
    private readonly ledger: Ledger,
    private readonly log: Log,
  ) {}

  /** `entries`: `<segment id>|<batch ids>` as the settle script returns them. */
  add(destinationId: string, entries: readonly string[]): void {
    if (entries.length === 0) return;
    const notes = this.waiting.get(destinationId) ?? new Map<string, string>();
    for (const entry of entries) {
      const bar = entry.indexOf('|');
      notes.set(entry.slice(0, bar), entry.slice(bar + 1));
    }
    this.waiting.set(destinationId, notes);
    this.timer ??= setTimeout(() => void this.flush(), COLLECT_MS);
  }

  /** Tells the ledgers of everything noted so far. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const collected = this.waiting;
    this.waiting = new Map();
    this.flushing = this.flushing.then(async () => {
      await Promise.all([...collected].map(([destinationId, notes]) => this.carry(destinationId, notes)));
    });
    return this.flushing;
  }

  /** What an earlier process noted and did not carry. */
  async sweep(destinationId: string): Promise<void> {
    for (;;) {
      const notes = await someNotes(this.redis, destinationKeys.settled(destinationId), AT_ONCE);
      // Others go on noting: what was there at first is carried, not all that ever comes.
      if (!(await this.carry(destinationId, notes)) || notes.size < AT_ONCE) return;
    }
  }

  private async carry(destinationId: string, notes: ReadonlyMap<string, string>): Promise<boolean> {
    try {
      await this.ledger.settled(destinationId, notes);
      const ids = [...notes.keys()];
      for (let i = 0; i < ids.length; i += AT_ONCE) {
        await this.redis.shared.hdel(destinationKeys.settled(destinationId), ...ids.slice(i, i + AT_ONCE));
      }
      return true;
    } catch (error) {
      this.log.warn({ destinationId, error: String(error) }, 'settled segments stay noted; the sweep carries them');
      return false;
    }
  }
}

/** Some of a hash by segment id, whichever they are; none where it is empty. */
export async function someNotes(
  redis: RedisConnections,
  key: string,
  most: number,
): Promise<ReadonlyMap<string, string>> {
  const flat = (await redis.shared.hrandfield(key, most, 'WITHVALUES')) as readonly string[];
  const notes = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) notes.set(flat[i] ?? '', flat[i + 1] ?? '');
  return notes;
}
