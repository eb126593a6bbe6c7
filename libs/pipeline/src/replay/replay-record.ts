import type { JsonObject } from '#canonical';

export type ReplayState = 'counting' | 'running' | 'done' | 'cancelled';

/** Which events go out again, and to whom. */
export interface ReplayOrder {
  readonly destinationId: string;
  readonly from: 'dead-letters' | 'history';
  /** Milliseconds since 1970: accepted (history) or parked (dead letters) at or after, before. */
  readonly since?: number;
  readonly until?: number;
  /** As in `match.where`. */
  readonly where?: JsonObject;
  /** Dead letters with this reason only. */
  readonly code?: string;
  readonly dryRun: boolean;
  /** Events a second; absent: as fast as the destination takes them. */
  readonly rate?: number;
}

/**
 * Where a replay from history has got to: per shard, the acceptance sequence that is done; and of a segment that is done
 * in part, as `<shard>/<sequence>`, the position of the next event.
 */
export type HistoryCursor = Readonly<Record<string, number>>;

/** Where a replay from dead letters has got to: the last letter it has looked at, by when it was parked (ms) and its id. */
export interface LetterCursor {
  readonly parked?: number;
  readonly letter?: string;
  /** Of earlier releases, instead: how many at the front of the list stay there. */
  readonly passed?: number;
}

export type ReplayCursor = HistoryCursor | LetterCursor;

/**
 * A replay as it is stored. It goes on from here after a crash: `pending` is the chunk that was being put back, whose
 * segment id makes repeating it harmless.
 */
export interface ReplayRecord {
  readonly v: 1;
  readonly id: string;
  readonly order: ReplayOrder;
  readonly state: ReplayState;
  readonly createdAt: string;
  /** Null until counted. */
  readonly matched: number | null;
  /** Events put back so far. */
  readonly queued: number;
  /** Nothing accepted or parked after this is replayed (ms): a replay ends. */
  readonly horizon: number;
  readonly cursor: ReplayCursor;
  readonly pending?: PendingChunk;
  /** What earlier releases put back; the rest is in a list beside the record, which so keeps its size. */
  readonly segments: readonly PutBackSegment[];
}

export type PutBackSegment = readonly [segmentId: string, events: number];

export interface PendingChunk {
  readonly segmentId: string;
  /** Dead letters that leave the list with it. */
  readonly deadLetterIds: readonly string[];
  /** When the latest of them was parked (ms); absent in records of earlier releases. */
  readonly parkedUntil?: number;
  readonly events: number;
  /** The cursor once it is done. */
  readonly cursor: ReplayCursor;
}

export function readReplay(text: string): ReplayRecord {
  const record = JSON.parse(text) as ReplayRecord;
  if (record.v !== 1) throw new Error(`replay version ${String(record.v)} is not known to this release`);
  return record;
}
