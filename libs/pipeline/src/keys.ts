/**
 * Every key of the pipeline. What one script touches shares one hash tag: a shard's segments, or a destination's
 * queue. Changing a name or a meaning here needs a new version in what is stored under it.
 */

/** Fixed for ever: a source's shard is derived from its id, and event ids carry it. */
export const SHARD_COUNT = 16;

export function shardOfSource(sourceId: string): number {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let i = 0; i < sourceId.length; i++) {
    hash = Math.imul(hash ^ sourceId.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % SHARD_COUNT;
}

export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

export const shardKeys = {
  /**
   * Hash: `seq` acceptance sequence, `bytes` queued, `hbytes` kept as history, `events` accepted, `from:<source>` those of
   * one source, `rejectionBytes` refused items kept, `idx` sequence up to which content ids are indexed, `idpage` number of the page they go to.
   */
  counters: (shard: number) => `gw:{s${shard}}:counters`,
  /** Sorted set of every segment's id by acceptance sequence, for browsing and replay. */
  segments: (shard: number) => `gw:{s${shard}}:segments`,
  /** Sorted set of segment ids by acceptance sequence: appended, not yet fanned out. */
  unrouted: (shard: number) => `gw:{s${shard}}:unrouted`,
  /** Sorted set of segment ids by the end of a router's lease (ms). */
  claims: (shard: number) => `gw:{s${shard}}:claims`,
  /**
   * Hash: the segment. `h` header (segment-format.ts), `b` bodies, `q` acceptance sequence of position 0, `z` bytes it counts
   * for, `d` positions that repeat earlier requests, `r` decision (decision.ts), `x` when it was released (ms),
   * `t:<destination>` batch ids once that destination has settled it, `w` how often it was rewritten, `u` how often it could
   * not be read.
   */
  segment: (shard: number, segmentId: string) => `gw:{s${shard}}:seg:${segmentId}`,
  /** Set of destinations that have not settled the segment. */
  ledger: (shard: number, segmentId: string) => `gw:{s${shard}}:led:${segmentId}`,
  /** Sorted set of settled segment ids by the time of their release (ms). */
  history: (shard: number) => `gw:{s${shard}}:history`,
  /** String: the first answer to an idempotency key. */
  idempotency: (shard: number, digest: string) => `gw:{s${shard}}:idem:${digest}`,
  /** Set of short digests of natural keys seen in one bucket of time. */
  natural: (shard: number, bucket: number) => `gw:{s${shard}}:nat:${bucket}`,
  /** String: content ids by segment; its form in id-index.ts. */
  idPage: (shard: number, page: number | '') => `gw:{s${shard}}:ids:${page}`,
  /** Sorted set of page numbers by the acceptance sequence of their last segment. */
  idPages: (shard: number) => `gw:{s${shard}}:id-pages`,
  /** Stream of refused items. */
  rejections: (shard: number) => `gw:{s${shard}}:rejections`,
};

export const destinationTag = (destinationId: string): string => `{d:${destinationId}}`;

export const destinationKeys = {
  /** Hash: counters, breaker, rest, and `born`: when the destination whose state it is was created (ms). */
  state: (id: string) => `gw:${destinationTag(id)}:state`,
  /** List of references waiting to be gathered. */
  pending: (id: string) => `gw:${destinationTag(id)}:pending`,
  /** Sorted set of segment ids by the time they were added, with `!` before those refused for space: a repeated route does nothing. */
  seen: (id: string) => `gw:${destinationTag(id)}:seen`,
  /** Hash: segment id → `<open events>|<batch ids>`. */
  open: (id: string) => `gw:${destinationTag(id)}:open`,
  /** Hash: what was open when the destination was deleted, until all of it is handed back. */
  leaving: (id: string) => `gw:${destinationTag(id)}:leaving`,
  /** Hash: segment id → positions that wait to be judged, because the destination's `match` cannot be applied. */
  unjudged: (id: string) => `gw:${destinationTag(id)}:unjudged`,
  /** Sorted set of `segment|position|bytes|added (ms)` by sequence: what waits of one user, where order is kept. */
  user: (id: string, user: string) => `gw:${destinationTag(id)}:user:${user}`,
  /** Sorted set of a shard's users that may send, by the sequence of what they have waiting first. */
  ready: (id: string, shard: number | '') => `gw:${destinationTag(id)}:ready:${shard}`,
  /** Set of users with an event in an open batch: the next one waits for it. */
  busy: (id: string) => `gw:${destinationTag(id)}:busy`,
  /** Sorted set of open batch ids by the time before which nothing of them is tried again (ms). */
  resting: (id: string) => `gw:${destinationTag(id)}:resting`,
  /** Sorted set of open batch ids by the time they were gathered. */
  batches: (id: string) => `gw:${destinationTag(id)}:batches`,
  /**
   * Hash: `r` revision, `j` the batch record, `f` present when it is finished, `d` while all of it waits for another try:
   * `<until>|<when the destination that asked was changed>` (ms).
   */
  batch: (id: string, batchId: string) => `gw:${destinationTag(id)}:batch:${batchId}`,
  /** Hash: segment id → batch ids; settled here, not yet struck from the segment's ledger. */
  settled: (id: string) => `gw:${destinationTag(id)}:settled`,
  /** Sorted set of finished batch ids by time; their records stay for the trace, by bytes and age. */
  finished: (id: string) => `gw:${destinationTag(id)}:finished`,
  /** Hash: dead letter id → JSON. */
  deadLetters: (id: string) => `gw:${destinationTag(id)}:dead`,
  /** Sorted set of dead letter ids by time (ms). */
  deadLetterOrder: (id: string) => `gw:${destinationTag(id)}:dead-order`,
  /** List of the times (ms) of the latest requests, newest first, one list a window. */
  rate: (id: string, window: number) => `gw:${destinationTag(id)}:rate:${window}`,
  /** Present while a deleted destination may still be named by a late router. */
  gone: (id: string) => `gw:${destinationTag(id)}:gone`,
  /** BullMQ's own prefix for this destination's queue. */
  queuePrefix: (id: string) => `gw:${destinationTag(id)}`,
};

export const replayKeys = {
  /** Hash: replay id → JSON. */
  records: 'gw:{replays}:all',
  /** Sorted set of the ids of replays that have work to do, by creation (ms). */
  active: 'gw:{replays}:active',
  /** Sorted set of the ids of replays that are done, by when they may be forgotten (ms). */
  expiring: 'gw:{replays}:expiring',
  /** String: who works on it. */
  lease: (id: string) => `gw:{replays}:lease:${id}`,
  /** Sorted set of what a replay has put back, as `<segment id> <events>`, by the events put back before. */
  putBack: (id: string) => `gw:{replays}:put-back:${id}`,
  /** String on the shard of the segment: this chunk has been put back. */
  mark: (shard: number, segmentId: string) => `gw:{s${shard}}:put-back:${segmentId}`,
};

export const erasureKeys = {
  /** Hash: erasure id → JSON. */
  records: 'gw:{erasures}:all',
  /** Sorted set of the ids of erasures that have work to do, by creation (ms). */
  active: 'gw:{erasures}:active',
  /** As of replays; erasures are kept. */
  expiring: 'gw:{erasures}:expiring',
  /** String: who works on it. */
  lease: (id: string) => `gw:{erasures}:lease:${id}`,
  /** Hash on a shard: erasure id → how many events were taken out there; and `epoch`, see erasure-epoch.ts. */
  inShard: (shard: number) => `gw:{s${shard}}:erased`,
  /** The same of refused requests. */
  rejectionsInShard: (shard: number) => `gw:{s${shard}}:erased-rejections`,
  /** Hash of a destination: erasure id → dead letters taken out. */
  inDestination: (id: string) => `gw:${destinationTag(id)}:erased`,
};

/** Message: the id of a segment that events were taken out of, or '' for any. */
export const ERASED_CHANNEL = 'gw:erased';

/** String: the process that repacks. */
export const REPACK_LEASE_KEY = 'gw:{repack}:lease';

/** Message: a shard number with something unrouted. */
export const ROUTE_CHANNEL = 'gw:route';
