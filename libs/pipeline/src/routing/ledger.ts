import type { RedisConnections } from '#platform';
import { shardKeys } from '../keys.js';
import { shardOfSegment } from '../segment/segment-id.js';
import { readAllotment, type Allotment } from './decision.js';
import { closeLedgerScript, openLedgersScript } from './routing.scripts.js';

/** Entries in one script run: keeps a run well below a millisecond. */
const ENTRIES_PER_RUN = 200;

/** Who is to get what of a segment: positions by destination. */
export interface Wanted {
  readonly segmentId: string;
  readonly by: ReadonlyMap<string, string>;
}

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

  /**
   * Opens the ledgers of a shard's segments. Returns, aligned with them, the open destinations and their positions: an
   * earlier decision if there is one, else this one.
   */
  async open(
    shard: number,
    segments: readonly Wanted[],
  ): Promise<readonly (readonly (readonly [destinationId: string, Allotment])[])[]> {
    const runs: Promise<unknown>[] = [];
    for (let from = 0; from < segments.length;) {
      const to = endOfRun(segments, from);
      runs.push(this.openSome(shard, segments.slice(from, to)));
      from = to;
    }
    return ((await Promise.all(runs)) as string[][][]).flat().map(openDestinations);
  }

  private openSome(shard: number, segments: readonly Wanted[]): Promise<unknown> {
    const keys = segments.flatMap(({ segmentId }) => [
      shardKeys.segment(shard, segmentId),
      shardKeys.ledger(shard, segmentId),
    ]);
    const values = segments.flatMap(({ by }) => [JSON.stringify(Object.fromEntries(by)), by.size, ...by.keys()]);
    return openLedgersScript.run(this.redis.shared, keys, values);
  }

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

/** As many segments as have few enough destinations, one at the least. */
function endOfRun(segments: readonly Wanted[], from: number): number {
  let destinations = 0;
  let to = from;
  do destinations += segments[to++]?.by.size ?? 0;
  while (to < segments.length && destinations + (segments[to]?.by.size ?? 0) <= ENTRIES_PER_RUN);
  return to;
}

function openDestinations([decision = '{}', ...open]: readonly string[]): readonly (readonly [string, Allotment])[] {
  const decided = new Map(Object.entries(JSON.parse(decision) as Record<string, string>));
  return open.flatMap((destinationId) => {
    const text = decided.get(destinationId);
    return text === undefined ? [] : [[destinationId, readAllotment(text)] as const];
  });
}
