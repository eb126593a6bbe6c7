import type { CanonicalEvent } from '#canonical';
import type { Configuration } from '#control-plane';
import type { ConnectorRegistry } from '#destinations';
import type { RedisConnections } from '#platform';
import { readBatchRecord } from '../delivery/batch-record.js';
import { heldBy } from '../delivery/destination-stats.js';
import { destinationKeys, shardKeys } from '../keys.js';
import { readAllotment } from '../routing/decision.js';
import { compileMatch, mismatch } from '../routing/match.js';
import { fromRanges } from '../segment/position-ranges.js';
import { parseEventId, shardOfSegment, type EventPlace } from '../segment/segment-id.js';
import type { SegmentStore } from '../segment/segment-store.js';
import type { ContentIdFinder } from './content-ids/content-id-finder.js';
import { memberOf, memberTrace, type DestinationTrace } from './destination-trace.js';
import type { ReplayedCopies } from './replayed-copies.js';
import { requestFor, unwantedCode } from './trace-request.js';

export interface EventTrace {
  readonly event: CanonicalEvent;
  readonly received: {
    readonly sourceId: string;
    readonly dialect: string;
    readonly route: string;
    readonly requestId: string;
    readonly at: string;
    readonly segmentId: string;
  };
  readonly destinations: readonly DestinationTrace[];
}

/** An event whose segment is still there. */
export interface KeptEvent extends Pick<EventTrace, 'event' | 'received'> {
  /** In its segment. */
  readonly position: number;
}

/** Everything that happened to one event, put together from its segment and the batch records that carried it. */
export class EventTracer {
  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly connectors: ConnectorRegistry,
    private readonly segments: SegmentStore,
    private readonly finder: ContentIdFinder,
    private readonly copies: ReplayedCopies,
  ) {}

  /** Undefined for an id that is not known, or not any more. */
  async trace(id: string): Promise<EventTrace | undefined> {
    const kept = await this.find(id);
    if (!kept) return undefined;
    const { event, received, position } = kept;
    const { segmentId } = received;
    const decision = await this.redis.shared.hget(shardKeys.segment(shardOfSegment(segmentId), segmentId), 'r');
    const first = await this.destinations(segmentId, position, event, decision);
    const copies = await this.copies.of(event);
    const destinations = first.map((one) => this.withReplays(one, copies.get(one.destinationId) ?? [], event));
    return { event, received, destinations: await Promise.all(destinations) };
  }

  /** The state is the latest delivery's, whatever became of those before. */
  private async withReplays(
    first: DestinationTrace,
    copies: readonly EventPlace[],
    event: CanonicalEvent,
  ): Promise<DestinationTrace> {
    let trace = first;
    for (const { segmentId, position } of copies) {
      const later = await this.wantedDelivery(first.destinationId, segmentId, position, event);
      trace = { ...later, attempts: [...trace.attempts, ...later.attempts] };
    }
    return trace;
  }

  /** The event and where it came from, without what became of it. */
  async find(id: string): Promise<KeptEvent | undefined> {
    const place = parseEventId(id);
    return (place && (await this.findAt(id, place))) ?? this.findByContent(id);
  }

  /** An id that was made from its event's content does not say where it is: the finder looks for it. */
  private async findByContent(id: string): Promise<KeptEvent | undefined> {
    const place = /^evt_[0-9a-z]{20}$/.test(id) ? await this.finder.find(id) : undefined;
    return place && this.findAt(id, place);
  }

  private async findAt(id: string, { segmentId, position }: EventPlace): Promise<KeptEvent | undefined> {
    const [head, events] = await Promise.all([this.segments.head(segmentId), this.segments.events(segmentId)]);
    const event = events?.[position];
    if (!head || event?.id !== id) return undefined;
    const request = head.header.requests.find(({ base, total }) => position >= base && position < base + total);
    if (!request) return undefined;
    const { sourceId, dialect, route, requestId, receivedAt } = request;
    const at = new Date(receivedAt).toISOString();
    return { event, position, received: { sourceId, dialect, route, requestId, at, segmentId } };
  }

  private async destinations(
    segmentId: string,
    position: number,
    event: CanonicalEvent,
    decision: string | null,
  ): Promise<readonly DestinationTrace[]> {
    const decided = decision === null ? undefined : (JSON.parse(decision) as Record<string, string>);
    const wanted = new Map(Object.entries(decided ?? {}));
    const ids = new Set([...wanted.keys(), ...this.configuration.destinations.keys()]);
    return Promise.all(
      [...ids].sort().map(async (destinationId): Promise<DestinationTrace> => {
        const allotment = readAllotment(wanted.get(destinationId) ?? '');
        const waitsToBeJudged = allotment.unjudged && (await this.isUnjudged(destinationId, segmentId));
        if (waitsToBeJudged) {
          return { destinationId, matched: true, state: 'waiting', attempts: [], heldBy: 'match_invalid' };
        }
        const isRefused = allotment.unjudged && this.rule(destinationId, event) !== undefined;
        if (!isRefused && fromRanges(allotment.ranges).includes(position)) {
          return this.wantedDelivery(destinationId, segmentId, position, event);
        }
        const rule = this.rule(destinationId, event);
        // Not decided yet: today's rules say what will be.
        if (decided === undefined && rule === undefined) {
          return { destinationId, matched: true, state: 'routing', attempts: [] };
        }
        return { destinationId, matched: false, rule: rule ?? 'configured_later', attempts: [] };
      }),
    );
  }

  private rule(destinationId: string, event: CanonicalEvent): string | undefined {
    const destination = this.configuration.destinations.get(destinationId);
    if (!destination) return undefined;
    try {
      return mismatch(compileMatch(destination.match), event);
    } catch {
      return 'match_invalid';
    }
  }

  private async isUnjudged(destinationId: string, segmentId: string): Promise<boolean> {
    return (await this.redis.shared.hexists(destinationKeys.unjudged(destinationId), segmentId)) === 1;
  }

  private async wantedDelivery(
    destinationId: string,
    segmentId: string,
    position: number,
    event: CanonicalEvent,
  ): Promise<DestinationTrace> {
    const delivery = await this.delivery(destinationId, segmentId, position);
    const isWanted = delivery.state !== 'not_wanted';
    return { ...delivery, ...(isWanted ? this.request(destinationId, event) : this.unwanted(destinationId, event)) };
  }

  private async delivery(destinationId: string, segmentId: string, position: number): Promise<DestinationTrace> {
    const { shared } = this.redis;
    // In the order in which it is noted, so that what moves on between two looks is met again further on.
    const [current, open, settling] = await Promise.all([
      shared.zrange(destinationKeys.batches(destinationId), 0, '-1'),
      shared.hget(destinationKeys.open(destinationId), segmentId),
      shared.hget(destinationKeys.settled(destinationId), segmentId),
    ]);
    const key = shardKeys.segment(shardOfSegment(segmentId), segmentId);
    const settled = (await shared.hget(key, `t:${destinationId}`)) ?? settling;
    const noted = [...(settled ?? '').split(','), ...(open?.split('|')[1] ?? '').split(',')];
    const batchIds = new Set([...noted, ...current].filter((batchId) => batchId !== ''));
    for (const batchId of batchIds) {
      const text = await this.redis.shared.hget(destinationKeys.batch(destinationId, batchId), 'j');
      const record = text === null ? undefined : readBatchRecord(text);
      const member = record && memberOf(record, segmentId, position);
      if (!record || member === undefined) continue;
      const found = memberTrace(destinationId, record, member);
      const waits = found.state === 'waiting' || found.state === 'retrying';
      return { ...found, ...(waits ? await this.held(destinationId) : {}) };
    }
    const state = settled !== null && open === null ? 'settled' : 'waiting';
    return {
      destinationId,
      matched: true,
      state,
      attempts: [],
      ...(state === 'waiting' ? await this.held(destinationId) : {}),
    };
  }

  private unwanted(destinationId: string, event: CanonicalEvent): Pick<DestinationTrace, 'reason'> {
    const destination = this.configuration.destinations.get(destinationId);
    const connector = destination && this.connectors.get(destination.type);
    if (!destination || !connector) return {};
    try {
      const code = unwantedCode(destination, connector, event);
      return code === undefined ? {} : { reason: { code, detail: `${connector.title} has no place for this event` } };
    } catch {
      return {};
    }
  }

  private request(destinationId: string, event: CanonicalEvent): Pick<DestinationTrace, 'request'> {
    const destination = this.configuration.destinations.get(destinationId);
    const connector = destination && this.connectors.get(destination.type);
    try {
      const request = connector && requestFor(destination, connector, event);
      return request ? { request } : {};
    } catch {
      // Its settings are not whole: then nothing is sent either.
      return {};
    }
  }

  private async held(destinationId: string): Promise<Pick<DestinationTrace, 'heldBy'>> {
    const names = ['breakerCode', 'holdUntil', 'holdOf', 'deadFull'] as const;
    const values = await this.redis.shared.hmget(destinationKeys.state(destinationId), ...names);
    const state = Object.fromEntries(names.map((name, at) => [name, values[at] ?? undefined]));
    const held = heldBy(state, this.configuration.destinations.get(destinationId), Date.now());
    return held === null ? {} : { heldBy: held };
  }
}
