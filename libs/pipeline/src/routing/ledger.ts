import type { RedisConnections } from '#platform';
import { shardKeys } from '../keys.js';
import { shardOfSegment } from '../segment/segment-id.js';
import { closeLedgerScript } from './routing.scripts.js';

/** Entries in one script run: keeps a run well below a millisecond. */
const ENTRIES_PER_RUN = 200;

interface Entry {
  readonly segmentId: string;
  readonly destinationId: string;
  readonly note: string;
  readonly fannedOut: boolean;
}

/** The segments' ledgers: who has not settled yet. The last to settle releases the segment. */
export class Ledger {
  constructor(
    private readonly redis: RedisConnections,
    private readonly onQueuedBytes: (shard: number, bytes: number) => void,
  ) {}

  /** Everyone who wants them has been given them. */
  routed(segmentIds: readonly string[]): Promise<void> {
    return this.close(segmentIds.map((segmentId) => ({ segmentId, destinationId: '', note: '', fannedOut: true })));
  }

  /** The destination is done with these segments; the note (its batch ids) stays with each for the trace. */
  settled(destinationId: string, notes: ReadonlyMap<string, string>): Promise<void> {
    return this.close([...notes].map(([segmentId, note]) => ({ segmentId, destinationId, note, fannedOut: false })));
  }

  private async close(entries: readonly Entry[]): Promise<void> {
    const byShard = new Map<number, Entry[]>();
    for (const entry of entries) {
      const shard = shardOfSegment(entry.segmentId);
      const list = byShard.get(shard);
      if (list) list.push(entry);
      else byShard.set(shard, [entry]);
    }
    const runs: Promise<void>[] = [];
    for (const [shard, list] of byShard) {
      for (let i = 0; i < list.length; i += ENTRIES_PER_RUN)
        runs.push(this.run(shard, list.slice(i, i + ENTRIES_PER_RUN)));
    }
    await Promise.all(runs);
  }

  private async run(shard: number, entries: readonly Entry[]): Promise<void> {
    const keys = [
      shardKeys.counters(shard),
      shardKeys.unrouted(shard),
      shardKeys.claims(shard),
      shardKeys.history(shard),
    ];
    const values: string[] = [];
    for (const { segmentId, destinationId, note, fannedOut } of entries) {
      keys.push(shardKeys.segment(shard, segmentId), shardKeys.ledger(shard, segmentId));
      values.push(segmentId, destinationId, note, fannedOut ? '1' : '0');
    }
    const bytes = await closeLedgerScript.run(this.redis.shared, keys, values);
    this.onQueuedBytes(shard, Number(bytes));
  }
}
