import type { CanonicalEvent } from '#canonical';
import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections, ScriptArgument } from '#platform';
import { destinationKeys } from '../keys.js';
import { addOrderedScript } from '../ordering/ordering.scripts.js';
import { usersOf, type UserShares } from '../ordering/users-of.js';
import type { Watermarks } from '../ordering/watermarks.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import { fromRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import { shardOfSegment } from '../segment/segment-id.js';
import type { SegmentHead, SegmentStore } from '../segment/segment-store.js';
import type { Chooser } from './chooser.js';
import type { Ledger } from './ledger.js';
import { addPendingScript } from './routing.scripts.js';
import { Unjudged } from './unjudged.js';

/** What the canonical form adds to an event over the vendor's own, roughly: for gathering by bytes. */
const CANONICAL_OVERHEAD_BYTES = 160;

/** Users of one run of the script that adds in order: ten thousand hold Redis up for 0.2 s. */
const USERS_AT_ONCE = 2_500;

export interface Added {
  readonly destinationId: string;
  readonly pending: number;
  /** When the oldest waiting reference was added (ms by Redis' clock); 0: none waits. */
  readonly oldestAt: number;
}

export interface RouteListener {
  added(added: Added): void;
  /** Bytes it may have queued now; null: no bound of its own. */
  maxQueuedBytes(destination: Destination): number | null;
  /** A destination's share of the budget is full: these become its dead letters. Must be durable when it resolves. */
  overflow(destination: Destination, events: readonly CanonicalEvent[]): Promise<void>;
}

/** What one destination gets of one segment. */
export interface Share {
  readonly segment: SegmentHead;
  readonly ranges: PositionRanges;
  /** Events in `ranges`. */
  readonly count: number;
  readonly unjudged: boolean;
}

export interface FannedOut {
  /** Segments that somebody has not been given. */
  readonly failed: ReadonlySet<string>;
  /** To be called once the segments are noted as routed: only then may what keeps users' order be gathered. */
  readonly announce: () => void;
}

/** Gives destinations their shares of segments. Repeating it changes nothing. */
export class FanOut {
  private readonly unjudged: Unjudged;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly segments: SegmentStore,
    private readonly ledger: Ledger,
    private readonly watermarks: Watermarks,
    private readonly chooser: Chooser,
    private readonly listener: RouteListener,
    private readonly log: Log,
  ) {
    this.unjudged = new Unjudged(redis);
  }

  /** `deadline`: end of the router's lease (ms). */
  async run(shares: ReadonlyMap<string, readonly Share[]>, deadline: number): Promise<FannedOut> {
    const failed = new Set<string>();
    const ordered: Added[] = [];
    await Promise.all(
      [...shares].map(async ([destinationId, list]) => {
        try {
          const destination = await this.find(destinationId);
          if (!destination && this.configuration.unreadableDestinations.has(destinationId))
            return await this.leave(destinationId, list, failed);
          if (!destination) return await this.forget(destinationId, list);
          const waiting = list.filter(({ unjudged }) => unjudged);
          if (waiting.length > 0) await this.defer(destination, waiting, deadline);
          const judged = list.filter(({ unjudged }) => !unjudged);
          if (judged.length === 0) return;
          const added = await this.add(destination, judged, deadline, failed);
          if (added && destination.ordering === 'none') this.listener.added(added);
          else if (added) ordered.push(added);
        } catch (error) {
          for (const { segment } of list) failed.add(segment.id);
          this.log.warn({ destinationId, error: String(error) }, 'fan-out failed; the segments are routed again');
        }
      }),
    );
    return { failed, announce: () => ordered.forEach((added) => this.listener.added(added)) };
  }

  /** What was judged late. Throws where it cannot be given now. */
  async give(destination: Destination, list: readonly Share[], deadline: number): Promise<void> {
    const failed = new Set<string>();
    const added = await this.add(destination, list, deadline, failed);
    if (failed.size > 0) throw new Error('a segment cannot be read');
    if (added) this.listener.added(added);
  }

  private async add(
    destination: Destination,
    list: readonly Share[],
    deadline: number,
    failed: Set<string>,
  ): Promise<Added | undefined> {
    if (destination.ordering === 'none') return this.addPending(destination, list, deadline);
    const readable = await this.readable(list, failed);
    return readable.length === 0 ? undefined : this.addOrdered(destination, readable, deadline);
  }

  private async addPending(
    destination: Destination,
    list: readonly Share[],
    deadline: number,
  ): Promise<Added | undefined> {
    const values = list.flatMap(({ segment, ranges, count }) => [
      segment.id,
      ranges,
      count,
      estimatedBytes(segment, count),
      segment.sequence,
    ]);
    const reply = await addPendingScript.run(this.redis.shared, keysOf(destination), [
      ...this.bounds(destination, deadline),
      ...values,
    ]);
    return this.added(destination, list, reply as (number | string)[]);
  }

  private async addOrdered(
    destination: Destination,
    list: readonly (readonly [Share, UserShares])[],
    deadline: number,
  ): Promise<Added | undefined> {
    let added: Added | undefined;
    for (const some of byUsers(list)) added = await this.addSomeOrdered(destination, some, deadline);
    return added;
  }

  private async addSomeOrdered(
    destination: Destination,
    list: readonly (readonly [Share, UserShares])[],
    deadline: number,
  ): Promise<Added | undefined> {
    const { id } = destination;
    const orderKeys = [destinationKeys.busy(id), destinationKeys.user(id, ''), destinationKeys.ready(id, '')];
    const values: ScriptArgument[] = [...this.bounds(destination, deadline)];
    for (const [{ segment, count }, { users, withoutUser }] of list) {
      values.push(segment.id, count, estimatedBytes(segment, 1), segment.sequence, shardOfSegment(segment.id));
      values.push(toRanges(withoutUser), withoutUser.length, users.size);
      for (const [user, ranges] of users) values.push(user, ranges);
    }
    const reply = await addOrderedScript.run(this.redis.shared, [...keysOf(destination), ...orderKeys], values);
    return this.added(
      destination,
      list.map(([share]) => share),
      reply as (number | string)[],
    );
  }

  /** The shares of segments that can be read, with their users. What a replay puts back keeps no order. */
  private async readable(
    list: readonly Share[],
    failed: Set<string>,
  ): Promise<readonly (readonly [Share, UserShares])[]> {
    const read: (readonly [Share, UserShares])[] = [];
    for (const share of list) {
      const { segment } = share;
      const positions = fromRanges(share.ranges);
      if (segment.header.requests.some(({ dialect }) => dialect === PUT_BACK)) {
        read.push([share, { users: new Map(), withoutUser: positions }]);
        continue;
      }
      try {
        read.push([share, usersOf((await this.segments.events(segment.id)) ?? [], positions)]);
      } catch (error) {
        failed.add(segment.id);
        await this.watermarks.unreadable(segment.id);
        this.log.error({ segmentId: segment.id, error: String(error) }, 'segment cannot be read; it is tried again');
      }
    }
    return read;
  }

  private async added(
    destination: Destination,
    list: readonly Share[],
    [pending = 0, oldestAt = 0, ...full]: readonly (number | string)[],
  ): Promise<Added | undefined> {
    if (pending === -1) throw new Error('the lease ran out');
    if (pending === -2) {
      await this.forget(destination.id, list);
      return undefined;
    }
    if (full.length > 0) await this.overflow(destination, list, new Set(full.map(String)));
    // Before the ledger says that it is fanned out: nobody would look again.
    await this.redis.replicated(this.redis.shared, destinationKeys.pending(destination.id));
    return { destinationId: destination.id, pending: Number(pending), oldestAt: Number(oldestAt) };
  }

  /** The first arguments of both scripts that add. */
  private bounds(destination: Destination, deadline: number): readonly number[] {
    return [deadline, this.listener.maxQueuedBytes(destination) ?? -1, Date.parse(destination.createdAt)];
  }

  private async defer(destination: Destination, list: readonly Share[], deadline: number): Promise<void> {
    const fault = this.chooser.fault(destination) ?? 'its condition fails on an event';
    const kept = await this.unjudged.defer(
      destination,
      list.map(({ segment, ranges, count }) => ({ segmentId: segment.id, ranges, count })),
      fault,
      deadline,
    );
    if (!kept) return this.forget(destination.id, list);
    // Before the ledger says that it is fanned out, as with what is added.
    await this.redis.replicated(this.redis.shared, destinationKeys.unjudged(destination.id));
  }

  /** Whoever decided may know of one that this process has yet to hear of. */
  private async find(destinationId: string): Promise<Destination | undefined> {
    if (!this.configuration.destinations.has(destinationId)) await this.configuration.refresh();
    return this.configuration.destinations.get(destinationId);
  }

  /** It was decided by a process that can read the destination: left to be routed again, by it or another such. */
  private async leave(destinationId: string, list: readonly Share[], failed: Set<string>): Promise<void> {
    this.log.warn({ destinationId }, 'the destination cannot be read here; its segments are routed again');
    for (const { segment } of list) {
      failed.add(segment.id);
      // It may stay for long, and must not hold up those who keep users' order.
      await this.watermarks.unreadable(segment.id);
    }
  }

  /** The destination was deleted between the decision and now. */
  private forget(destinationId: string, list: readonly Share[]): Promise<void> {
    return this.ledger.settled(destinationId, new Map(list.map(({ segment }) => [segment.id, ''])));
  }

  private async overflow(destination: Destination, list: readonly Share[], full: ReadonlySet<string>): Promise<void> {
    const shares = list.filter(({ segment }) => full.has(segment.id));
    for (const { segment, ranges } of shares) {
      const events = await this.segments.events(segment.id);
      await this.listener.overflow(
        destination,
        fromRanges(ranges).flatMap((position) => events?.[position] ?? []),
      );
      await this.ledger.settled(destination.id, new Map([[segment.id, '']]));
    }
  }
}

/** In their order, so many users together as one run takes; a segment is not divided. */
function byUsers<Ordered extends readonly [Share, UserShares]>(
  list: readonly Ordered[],
): readonly (readonly Ordered[])[] {
  const groups: Ordered[][] = [];
  let group: Ordered[] = [];
  let users = 0;
  for (const one of list) {
    const { size } = one[1].users;
    if (group.length > 0 && users + size > USERS_AT_ONCE) {
      groups.push(group);
      group = [];
      users = 0;
    }
    group.push(one);
    users += size;
  }
  return [...groups, group];
}

/** The first keys of both scripts that add. */
function keysOf({ id }: Destination): readonly string[] {
  return [
    destinationKeys.pending(id),
    destinationKeys.seen(id),
    destinationKeys.open(id),
    destinationKeys.state(id),
    destinationKeys.gone(id),
  ];
}

function estimatedBytes({ header }: SegmentHead, count: number): number {
  const bytes = header.requests.reduce((sum, request) => sum + request.bytes, 0);
  const total = header.requests.reduce((sum, request) => sum + request.total, 0);
  return Math.ceil((bytes / Math.max(1, total) + CANONICAL_OVERHEAD_BYTES) * count);
}
