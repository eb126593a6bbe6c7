import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';
import type { Watermarks } from '../ordering/watermarks.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import { fromRanges, toRanges } from '../segment/position-ranges.js';
import { shardOfSegment } from '../segment/segment-id.js';
import type { SegmentHead, SegmentStore } from '../segment/segment-store.js';
import type { Ledger } from './ledger.js';
import type { Chooser } from './chooser.js';
import { readAllotment, type Allotment } from './decision.js';
import type { FanOut, Share } from './fan-out.js';
import { claimScript, openLedgerScript } from './routing.scripts.js';
import { Unjudged } from './unjudged.js';

const CLAIM_SEGMENTS = 32;
/** What a killed router had taken is routed after this at the latest, in milliseconds. */
const LEASE_MS = 10_000;

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
        while (!this.stopped && (await this.routeSome(shard))) state.again = false;
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
    const keys = [shardKeys.unrouted(shard), shardKeys.claims(shard)];
    const reply = (await claimScript.run(this.redis.shared, keys, [CLAIM_SEGMENTS, LEASE_MS])) as string[];
    const [deadline = '0', ...segmentIds] = reply;
    if (segmentIds.length === 0) return false;
    const heads = await Promise.all(segmentIds.map((segmentId) => this.segments.head(segmentId)));
    const gone = segmentIds.filter((_, i) => heads[i] === undefined);
    if (gone.length > 0) await this.ledger.routed(gone);
    const segments = heads.filter((segment) => segment !== undefined);
    const { shares, undecided } = await this.decide(segments);
    const { failed, announce } = await this.fanOut.run(shares, Number(deadline));
    const done = segments.filter(({ id }) => !failed.has(id) && !undecided.has(id));
    await this.ledger.routed(done.map((segment) => segment.id));
    announce();
    return segmentIds.length === CLAIM_SEGMENTS;
  }

  /** Who gets what, by destination, as the ledgers have it. What cannot be decided now is tried again later. */
  private async decide(
    segments: readonly SegmentHead[],
  ): Promise<{ shares: Map<string, Share[]>; undecided: Set<string> }> {
    this.chooser.refresh();
    const shares = new Map<string, Share[]>();
    const undecided = new Set<string>();
    await Promise.all(
      segments.map(async (segment) => {
        try {
          for (const [destinationId, allotment] of await this.openLedger(segment)) {
            const list = shares.get(destinationId) ?? [];
            list.push({ segment, ...allotment, positions: fromRanges(allotment.ranges) });
            shares.set(destinationId, list);
          }
        } catch (error) {
          undecided.add(segment.id);
          await this.watermarks.unreadable(segment.id).catch(() => undefined);
          this.log.error(
            { segmentId: segment.id, error: String(error) },
            'segment cannot be routed; it is kept and tried again',
          );
        }
      }),
    );
    return { shares, undecided };
  }

  /** The open destinations and their positions: an earlier decision if there is one, else today's. */
  private async openLedger(segment: SegmentHead): Promise<readonly (readonly [string, Allotment])[]> {
    // What a replay puts back was decided when it was written.
    const isPutBack = segment.header.requests.some(({ dialect }) => dialect === PUT_BACK);
    const wanted: ReadonlyMap<string, string> = isPutBack ? new Map() : await this.chooser.wantedBy(segment);
    const shard = shardOfSegment(segment.id);
    const keys = [shardKeys.segment(shard, segment.id), shardKeys.ledger(shard, segment.id)];
    const values = [JSON.stringify(Object.fromEntries(wanted)), ...wanted.keys()];
    const reply = (await openLedgerScript.run(this.redis.shared, keys, values)) as string[] | null;
    const [decision = '{}', ...open] = reply ?? [];
    const decided = new Map(Object.entries(JSON.parse(decision) as Record<string, string>));
    return open.flatMap((destinationId) => {
      const text = decided.get(destinationId);
      return text === undefined ? [] : [[destinationId, readAllotment(text)] as const];
    });
  }

  /** Judges what was held while the destination's `match` could not be applied, as far as it can be by now. Repeatable. */
  async judge(destination: Destination): Promise<void> {
    for (const { segmentId, ranges, count } of await this.unjudged.oldest(destination.id)) {
      const deadline = (await this.unjudged.now()) + LEASE_MS;
      const segment = await this.segments.head(segmentId);
      const positions = await this.chooser.judged(destination, segmentId, fromRanges(ranges));
      if (!positions) continue;
      const share = segment && { segment, ranges: toRanges(positions), positions, unjudged: false };
      if (share && positions.length > 0) await this.fanOut.give(destination, [share], deadline);
      else await this.ledger.settled(destination.id, new Map([[segmentId, '']]));
      await this.unjudged.judged(destination.id, segmentId, count);
    }
  }
}
