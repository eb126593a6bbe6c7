import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';
import type { Watermarks } from '../ordering/watermarks.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import { countRanges } from '../segment/position-ranges.js';
import { headOf, type SegmentHead, type SegmentStore } from '../segment/segment-store.js';
import type { Ledger } from './ledger.js';
import type { Chooser } from './chooser.js';
import type { FanOut, Share } from './fan-out.js';
import { claimScript } from './routing.scripts.js';
import { Unjudged, type UnjudgedShare } from './unjudged.js';

const CLAIM_SEGMENTS = 32;
/** What a killed router had taken is routed after this at the latest, in milliseconds. */
const LEASE_MS = 10_000;
/** While segments keep coming, they are routed some at a time: each round costs five trips to Redis. In milliseconds. */
const ROUND_MS = 10;

const NOBODY: ReadonlyMap<string, string> = new Map();

interface Claimed {
  /** End of the lease (ms, by Redis' clock). */
  readonly deadline: number;
  /** How many, those that cannot be read included. */
  readonly claimed: number;
  readonly segments: readonly SegmentHead[];
  /** Ids of those that were decided before: by a router that did not come to the end in time. */
  readonly decided: ReadonlySet<string>;
  /** Ids of those that are not there any more. */
  readonly gone: readonly string[];
}

/** Fans segments out to the destinations that want them. Any number of routers may work on a shard at once. */
export class Router {
  private readonly running = new Map<number, { again: boolean }>();
  private readonly unjudged: Unjudged;
  private stopped = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly segments: SegmentStore,
    private readonly ledger: Ledger,
    private readonly chooser: Chooser,
    private readonly fanOut: FanOut,
    private readonly watermarks: Watermarks,
    private readonly log: Log,
  ) {
    this.unjudged = new Unjudged(redis);
  }

  /** Routes what the shard has until nothing is left. Never rejects. */
  async route(shard: number): Promise<void> {
    const running = this.running.get(shard);
    if (running) {
      running.again = true;
      return;
    }
    const state = { again: true };
    this.running.set(shard, state);
    try {
      while (state.again && !this.stopped) {
        state.again = false;
        const startedAt = performance.now();
        while (!this.stopped && (await this.routeSome(shard))) state.again = false;
        if (state.again) await sleep(Math.max(0, ROUND_MS - (performance.now() - startedAt)));
      }
    } catch (error) {
      this.log.warn({ shard, error: String(error) }, 'routing stopped; the sweep takes it up again');
    } finally {
      this.running.delete(shard);
    }
  }

  async routeAll(): Promise<void> {
    await Promise.all(ALL_SHARDS.map((shard) => this.route(shard)));
  }

  /** Resolves when what is being routed is done; takes up nothing more. */
  async stop(): Promise<void> {
    this.stopped = true;
    while (this.running.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** True if there may be more. */
  private async routeSome(shard: number): Promise<boolean> {
    if (!this.configuration.loaded) return false;
    const { deadline, claimed, segments, decided, gone } = await this.claim(shard);
    if (gone.length > 0) await this.ledger.routed(gone);
    if (segments.length === 0) return claimed === CLAIM_SEGMENTS;
    const { shares, undecided } = await this.decide(shard, segments, decided);
    const { failed, announce } = await this.fanOut.run(shares, deadline);
    const done = segments.filter(({ id }) => !failed.has(id) && !undecided.has(id));
    await this.ledger.routed(done.map((segment) => segment.id));
    announce();
    return claimed === CLAIM_SEGMENTS;
  }

  private async claim(shard: number): Promise<Claimed> {
    const keys = [shardKeys.unrouted(shard), shardKeys.claims(shard), shardKeys.segment(shard, '')];
    const reply = (await claimScript.run(this.redis.shared, keys, [CLAIM_SEGMENTS, LEASE_MS])) as unknown[];
    const segments: SegmentHead[] = [];
    const decided = new Set<string>();
    const gone: string[] = [];
    for (let i = 1; i < reply.length; i += 5) {
      const [id = '', header = '', sequence = '', skipped = ''] = reply.slice(i, i + 4).map(String);
      if (header === '') gone.push(id);
      else {
        try {
          segments.push(headOf(id, header, sequence, skipped));
        } catch (error) {
          // Of a later release, perhaps: the others that were claimed with it go on.
          await this.cannotRoute(id, error);
        }
      }
      if (reply[i + 4] === 1) decided.add(id);
    }
    return { deadline: Number(reply[0]), claimed: (reply.length - 1) / 5, segments, decided, gone };
  }

  /** Who gets what, by destination, as the ledgers have it. What cannot be decided now is tried again later. */
  private async decide(
    shard: number,
    segments: readonly SegmentHead[],
    before: ReadonlySet<string>,
  ): Promise<{ shares: Map<string, Share[]>; undecided: Set<string> }> {
    this.chooser.refresh();
    const undecided = new Set<string>();
    const wanted = await Promise.all(
      segments.map(async (segment) => {
        // The first decision stands, and it may have taken longer than the lease.
        const by = before.has(segment.id) ? NOBODY : await this.wantedBy(segment);
        if (!by) undecided.add(segment.id);
        return by && { segment, segmentId: segment.id, by };
      }),
    );
    const decided = wanted.filter((one) => one !== undefined);
    const open = await this.ledger.open(shard, decided);
    const shares = new Map<string, Share[]>();
    decided.forEach(({ segment }, i) => {
      for (const [destinationId, allotment] of open[i] ?? []) {
        const list = shares.get(destinationId) ?? [];
        list.push({ segment, ...allotment, count: countRanges(allotment.ranges) });
        shares.set(destinationId, list);
      }
    });
    return { shares, undecided };
  }

  /** Undefined: it cannot be read now. */
  private async wantedBy(segment: SegmentHead): Promise<ReadonlyMap<string, string> | undefined> {
    // What a replay puts back was decided when it was written.
    if (segment.header.requests.some(({ dialect }) => dialect === PUT_BACK)) return NOBODY;
    try {
      return await this.chooser.wantedBy(segment);
    } catch (error) {
      await this.cannotRoute(segment.id, error);
      return undefined;
    }
  }

  private async cannotRoute(segmentId: string, error: unknown): Promise<void> {
    await this.watermarks.unreadable(segmentId).catch(() => undefined);
    this.log.error({ segmentId, error: String(error) }, 'segment cannot be routed; it is kept and tried again');
  }

  /** Judges what was held while the destination's `match` could not be applied, as far as it can be by now. Repeatable. */
  async judge(destination: Destination): Promise<void> {
    if (this.chooser.fault(destination) !== undefined) return;
    for (const held of await this.unjudged.next(destination.id)) {
      try {
        await this.judgeOne(destination, held);
      } catch (error) {
        const subject = { destinationId: destination.id, segmentId: held.segmentId };
        this.log.warn({ ...subject, error: String(error) }, 'what is held cannot be judged now; it is tried again');
      }
    }
  }

  private async judgeOne(destination: Destination, { segmentId, ranges, count }: UnjudgedShare): Promise<void> {
    const deadline = (await this.unjudged.now()) + LEASE_MS;
    const segment = await this.segments.head(segmentId);
    const chosen = await this.chooser.judged(destination, segmentId, ranges);
    if (chosen === undefined) return;
    const share = segment && { segment, ranges: chosen, count: countRanges(chosen), unjudged: false };
    if (share && share.count > 0) await this.fanOut.give(destination, [share], deadline);
    else await this.ledger.settled(destination.id, new Map([[segmentId, '']]));
    await this.unjudged.judged(destination.id, segmentId, count);
  }
}
