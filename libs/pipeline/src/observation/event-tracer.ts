import type { CanonicalEvent } from '#canonical';
import type { Configuration, Destination } from '#control-plane';
import type { RedisConnections } from '#platform';
import { readBatchRecord, type Attempt, type BatchRecord, type Part } from '../delivery/batch-record.js';
import { destinationKeys, shardKeys } from '../keys.js';
import { readAllotment } from '../routing/decision.js';
import { compileMatch, mismatch } from '../routing/match.js';
import { fromRanges } from '../segment/position-ranges.js';
import { parseEventId, shardOfSegment, type EventPlace } from '../segment/segment-id.js';
import type { SegmentStore } from '../segment/segment-store.js';
import type { ContentIdFinder } from './content-id-finder.js';

export type DeliveryState =
  'routing' | 'waiting' | 'retrying' | 'delivered' | 'duplicate' | 'not_wanted' | 'dead_lettered' | 'settled';

export interface DestinationTrace {
  readonly destinationId: string;
  readonly matched: boolean;
  /** The member of `match` that did not fit. */
  readonly rule?: string;
  readonly state?: DeliveryState;
  readonly reason?: { readonly code: string; readonly detail: string };
  readonly attempts: readonly Omit<Attempt, 'events'>[];
  readonly nextAttemptAt?: string;
  /** Why it waits: a pause or an open breaker. */
  readonly heldBy?: string;
}

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

/** Everything that happened to one event, put together from its segment and the batch records that carried it. */
export class EventTracer {
  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly segments: SegmentStore,
    private readonly finder: ContentIdFinder,
  ) {}

  /** Undefined for an id that is not known, or not any more. */
  async trace(id: string): Promise<EventTrace | undefined> {
    const place = parseEventId(id);
    return (place && (await this.traceAt(id, place))) ?? this.traceByContent(id);
  }

  /** An id that was made from its event's content does not say where it is: the finder looks for it. */
  private async traceByContent(id: string): Promise<EventTrace | undefined> {
    const place = /^evt_[0-9a-z]{20}$/.test(id) ? await this.finder.find(id) : undefined;
    return place && this.traceAt(id, place);
  }

  private async traceAt(id: string, { segmentId, position }: EventPlace): Promise<EventTrace | undefined> {
    const [head, events] = await Promise.all([this.segments.head(segmentId), this.segments.events(segmentId)]);
    const event = events?.[position];
    if (!head || event?.id !== id) return undefined;
    const request = head.header.requests.find(({ base, total }) => position >= base && position < base + total);
    if (!request) return undefined;
    const { sourceId, dialect, route, requestId, receivedAt } = request;
    const fields = await this.redis.shared.hgetall(shardKeys.segment(shardOfSegment(segmentId), segmentId));
    return {
      event,
      received: { sourceId, dialect, route, requestId, at: new Date(receivedAt).toISOString(), segmentId },
      destinations: await this.destinations(segmentId, position, event, fields),
    };
  }

  private async destinations(
    segmentId: string,
    position: number,
    event: CanonicalEvent,
    fields: Readonly<Record<string, string>>,
  ): Promise<readonly DestinationTrace[]> {
    const decided = fields.r === undefined ? undefined : (JSON.parse(fields.r) as Record<string, string>);
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
          return this.delivery(destinationId, segmentId, position, fields[`t:${destinationId}`]);
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

  private async delivery(
    destinationId: string,
    segmentId: string,
    position: number,
    settledBatches: string | undefined,
  ): Promise<DestinationTrace> {
    const [open, current] = await Promise.all([
      this.redis.shared.hget(destinationKeys.open(destinationId), segmentId),
      this.redis.shared.zrange(destinationKeys.batches(destinationId), 0, '-1'),
    ]);
    const noted = [...(settledBatches ?? '').split(','), ...(open?.split('|')[1] ?? '').split(',')];
    const batchIds = new Set([...noted, ...current].filter((batchId) => batchId !== ''));
    for (const batchId of batchIds) {
      const text = await this.redis.shared.hget(destinationKeys.batch(destinationId, batchId), 'j');
      const record = text === null ? undefined : readBatchRecord(text);
      const member = record && memberOf(record, segmentId, position);
      if (record && member !== undefined)
        return { ...memberTrace(destinationId, record, member), ...(await this.held(destinationId)) };
    }
    const state = settledBatches !== undefined && open === null ? 'settled' : 'waiting';
    return {
      destinationId,
      matched: true,
      state,
      attempts: [],
      ...(state === 'waiting' ? await this.held(destinationId) : {}),
    };
  }

  private async held(destinationId: string): Promise<{ readonly heldBy?: string }> {
    const destination: Destination | undefined = this.configuration.destinations.get(destinationId);
    if (destination?.paused) return { heldBy: `paused: ${destination.paused}` };
    const code = await this.redis.shared.hget(destinationKeys.state(destinationId), 'breakerCode');
    return code === null ? {} : { heldBy: `breaker: ${code}` };
  }
}

/** The event's position in the batch, if the batch carries it. */
function memberOf(record: BatchRecord, segmentId: string, position: number): number | undefined {
  let offset = 0;
  for (const [id, ranges, count] of record.references) {
    const at = id === segmentId ? fromRanges(ranges).indexOf(position) : -1;
    if (at >= 0) return offset + at;
    offset += count;
  }
  return undefined;
}

function memberTrace(destinationId: string, record: BatchRecord, member: number): DestinationTrace {
  const attempts = record.attempts
    .filter(({ events }) => fromRanges(events).includes(member))
    .map(({ events: _, ...attempt }) => attempt);
  const part = record.parts?.find(({ members }) => fromRanges(members).includes(member));
  return { destinationId, matched: true, attempts, ...stateOf(record, part, member) };
}

function stateOf(
  { settled }: BatchRecord,
  part: Part | undefined,
  member: number,
): Pick<DestinationTrace, 'state' | 'reason' | 'nextAttemptAt'> {
  const rejected = settled.rejected.find((one) => one.member === member);
  if (rejected) return { state: 'dead_lettered', reason: { code: rejected.code, detail: rejected.detail } };
  if (fromRanges(settled.delivered).includes(member)) return { state: 'delivered' };
  if (fromRanges(settled.duplicate).includes(member)) return { state: 'duplicate' };
  if (fromRanges(settled.notWanted).includes(member)) return { state: 'not_wanted' };
  if (!part || part.attempts === 0) return { state: 'waiting' };
  return { state: 'retrying', nextAttemptAt: new Date(Math.max(part.notBefore, Date.now())).toISOString() };
}
