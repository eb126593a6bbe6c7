import { setTimeout as sleep } from 'node:timers/promises';
import type { CanonicalEvent } from '#canonical';
import { connectorSettings, type Configuration, type Destination } from '#control-plane';
import type { Connector, ConnectorRegistry } from '#destinations';
import type { Log, RedisConnections, TraceParent } from '#platform';
import { destinationKeys } from '../keys.js';
import { fromRanges, type PositionRanges } from '../segment/position-ranges.js';
import type { SegmentStore } from '../segment/segment-store.js';
import { admit, type Admission } from './admission.js';
import { nextOf, sending } from './advance.js';
import { asksAnother } from './asks-another.js';
import { answerOf, attemptOf, stepFor, stepOfFormer } from './attempt.js';
import { readBatchRecord, type BatchRecord, type Part } from './batch-record.js';
import type { DeadLetterBudget } from './dead-letter-budget.js';
import { settleScript } from './delivery.scripts.js';
import type { HeldJob } from './delivery-queues.js';
import { planParts, withoutErased } from './plan.js';
import { requestKey } from './request-key.js';
import type { RequestSender, Sent } from './request-sender.js';
import { SendingPlaces, type SendingPlace } from './sending-places.js';
import { applyChange, settlementText, type Change } from './settlement.js';
import type { SizeRatios } from './size-ratios.js';
import { nothing } from './step.js';
import { traceLinks } from './trace-links.js';
import { compileTransform, type Transformer } from './transform.js';

/** Shorter waits are waited out; longer ones give the place in the queue to others. In milliseconds. */
const WAIT_IN_PLACE_MS = 250;
/** Whatever is waited for, this often it is looked whether it still is: nobody may have told of a change. */
const MAX_PUT_OFF_MS = 30_000;
/** Segments of a batch that are read together; then it is others' turn. */
const READ_AT_ONCE = 16;

export interface DeliveryListener {
  settled(destinationId: string, entries: readonly string[]): void;
  /** The batch is done, or its users and its place may be free: there may be room for the next. */
  roomMade(destination: Destination): void;
  breakerOpened(destination: Destination, reason: string | undefined): void;
  breakerClosed(destination: Destination): void;
  /** The change is written down. `record`: as it was before. */
  progressed(destination: Destination, change: Change, record: BatchRecord): void;
}

/** A batch as far as this run has got with it. */
interface Work {
  readonly destination: Destination;
  readonly connector: Connector;
  readonly place: SendingPlace;
  record: BatchRecord;
  revision: number;
  readonly events: Batch;
  /** Of the segment store when the events were read: events that were erased since must not go out again. */
  readonly generation: number;
  readonly traces: readonly TraceParent[];
}

/** Events by position in the batch; undefined where the segment is gone. */
type Batch = readonly (CanonicalEvent | undefined)[];

/** `sent` and `unsent`: there is more of the batch to do. */
type Progress = 'sent' | 'unsent' | 'complete' | 'stale' | 'aborted';

type SettleReply = readonly [verdict: string, breaker?: string, settled?: readonly string[]];

/** Runs one batch job: as many requests as its parts need, each settled before the next. */
export class Deliverer {
  private stopping = false;
  private readonly places = new SendingPlaces();
  private readonly transformers = new WeakMap<Destination, { readonly transform: Transformer | undefined }>();

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly connectors: ConnectorRegistry,
    private readonly segments: SegmentStore,
    private readonly sender: RequestSender,
    private readonly deadLetters: DeadLetterBudget,
    private readonly sizes: SizeRatios,
    private readonly listener: DeliveryListener,
    private readonly log: Log,
  ) {}

  async process(destinationId: string, job: HeldJob, signal: AbortSignal): Promise<void> {
    const destination = this.configuration.destinations.get(destinationId);
    // Deleted, or created so lately that this process has yet to hear of it.
    if (!destination) return job.putOff(1_000);
    const place = await this.places.enter(destination);
    try {
      await this.run(destinationId, job, place, signal);
    } finally {
      place.leave();
    }
  }

  private async run(destinationId: string, job: HeldJob, place: SendingPlace, signal: AbortSignal): Promise<void> {
    const { batchId } = job.data;
    let { heldSince, heldMs = 0 } = job.data;
    let work: Work | undefined;
    let admission: Admission | undefined;
    for (;;) {
      const destination = this.configuration.destinations.get(destinationId);
      if (!destination) return job.putOff(1_000);
      if (this.stopping) return job.putOff(0);
      admission ??= await admit(this.redis, destination, batchId, this.deadLetters.allowance(destinationId));
      if (admission.verdict === 'gone') return;
      if (admission.verdict === 'hold') {
        heldSince ??= Date.now();
        await waitOrPutOff(job, admission.waitMs, signal, { batchId, heldSince, heldMs });
        admission = undefined;
        continue;
      }
      heldMs += heldSince === undefined ? 0 : Date.now() - heldSince;
      heldSince = undefined;
      if (admission.verdict === 'early') {
        const { waitMs } = admission;
        // Where users' order is kept, a user in retry must not keep the place from others.
        const inPlaceMs = destination.ordering === 'none' ? WAIT_IN_PLACE_MS : 0;
        await waitOrPutOff(job, waitMs, signal, { batchId, heldMs }, inPlaceMs);
        admission = undefined;
        continue;
      }
      if (!work || !this.isCurrent(work, destination, admission)) {
        work = await this.begin(destination, admission, place);
      }
      const progress = await this.attempt(work, admission, heldMs, signal);
      if (progress === 'complete') return this.listener.roomMade(destination);
      if (progress === 'stale') return;
      if (progress === 'aborted') return job.putOff(0, { batchId, heldMs });
      heldMs = 0;
      // Nothing was sent: the permission still stands, for the batch as it is by now.
      const { record, revision } = work;
      admission = progress === 'unsent' ? { ...admission, record: JSON.stringify(record), revision } : undefined;
    }
  }

  /** Running jobs end after the request they are at. */
  stop(): void {
    this.stopping = true;
    this.places.stop();
  }

  private isCurrent(work: Work, destination: Destination, { revision }: Admission): boolean {
    const { generation } = this.segments;
    return work.revision === revision && work.destination === destination && work.generation === generation;
  }

  private async begin(destination: Destination, admission: Admission, place: SendingPlace): Promise<Work> {
    const record = readBatchRecord(admission.record);
    place.resize(record.bytes);
    const { generation } = this.segments;
    const accepted = await this.eventsOf(record);
    const transform = this.transformerOf(destination);
    const events = transform ? accepted.map((event) => event && transform(event)) : accepted;
    const connector = this.connectors.get(destination.type);
    if (!connector) throw new Error(`no connector of type ${destination.type}`);
    const traces = this.sender.isTraced ? await traceLinks(this.segments, record) : [];
    return { destination, connector, place, record, revision: admission.revision, events, generation, traces };
  }

  private noteSize({ destination, record }: Work, events: number, sent: Exclude<Sent, { kind: 'aborted' }>): void {
    const bytes = sent.kind === 'oversize' ? sent.bytes : sent.request?.bytes;
    // The estimate is of all events together: a few of them say little.
    if (bytes === undefined || events * 2 < record.count) return;
    this.sizes.observe(destination, (record.bytes * events) / record.count, bytes);
  }

  /** Whether what was just asked is not what would be asked now. */
  private isFormer(asked: Destination): boolean {
    const current = this.configuration.destinations.get(asked.id);
    return current !== undefined && current !== asked && asksAnother(current, asked);
  }

  private transformerOf(destination: Destination): Transformer | undefined {
    const known = this.transformers.get(destination) ?? { transform: compileTransform(destination.transform) };
    this.transformers.set(destination, known);
    return known.transform;
  }

  /** Of each segment no more is kept than the batch has of it: that may be one event each of a thousand. */
  private async eventsOf({ references }: BatchRecord): Promise<Batch> {
    const batch: (CanonicalEvent | undefined)[] = [];
    for (let i = 0; i < references.length; i += READ_AT_ONCE) {
      const read = references.slice(i, i + READ_AT_ONCE).map(async ([segmentId, positions]) => {
        const segment = await this.segments.events(segmentId);
        return fromRanges(positions).map((position) => segment?.[position]);
      });
      for (const events of await Promise.all(read)) batch.push(...events);
    }
    return batch;
  }

  private async attempt(work: Work, admission: Admission, heldMs: number, signal: AbortSignal): Promise<Progress> {
    const { destination, connector, events } = work;
    const now = Date.now();
    const plan = work.record.parts
      ? withoutErased(
          work.record.parts.map((part) => credited(part, heldMs)),
          events,
        )
      : planParts(events, connector, connectorSettings(destination, now));
    const part = nextOf(plan.parts, now);
    if (!part) return this.settle(work, { ...nothing, ...plan, health: { kind: 'unknown' } }, now);
    const members = sending(part);
    const key = requestKey(work.record.id, part.lane, members);
    const chosen = eventsAt(events, members);
    const { lane } = part;
    const { traces } = work;
    const sent = await this.sender.send({ destination, connector, events: chosen, lane, key, now, signal, traces });
    if (sent.kind === 'aborted') return 'aborted';
    if (sent.kind === 'answered' && sent.status !== undefined) work.place.answered();
    this.noteSize(work, chosen.length, sent);
    const answered = stepFor(part, sent, destination, {
      now: Date.now(),
      random: Math.random(),
      refusals: admission.refusals,
      ...(admission.verdict === 'probe' ? { probing: admission.reason } : {}),
      ...answerOf(sent),
    });
    const isFormer = this.isFormer(destination);
    const step = isFormer ? stepOfFormer(part, sent, answered) : answered;
    const others = plan.parts.filter((other) => other !== part);
    // What is put off goes behind the others; what a split left goes first.
    const isLast = step.isLast === true || step.parts.some(({ notBefore }) => notBefore > now);
    const change: Change = {
      ...step,
      parts: isLast ? [...others, ...step.parts] : [...step.parts, ...others],
      notWanted: plan.notWanted,
      rejected: [...plan.rejected, ...step.rejected],
      holdMs: Math.max(step.holdMs, (!isFormer && sent.kind === 'answered' && sent.restMs) || 0),
      ...answerOf(sent),
      ...attemptOf(sent, step, key, members, now),
    };
    const progress = await this.settle(work, change, now);
    return progress === 'sent' && sent.kind === 'oversize' ? 'unsent' : progress;
  }

  private async settle(work: Work, change: Change, now: number): Promise<'sent' | 'complete' | 'stale'> {
    const { destination, record, revision } = work;
    const { id } = destination;
    const next = applyChange(record, change);
    const complete = change.parts.length === 0;
    const keys = [
      destinationKeys.batch(id, record.id),
      destinationKeys.batches(id),
      destinationKeys.state(id),
      destinationKeys.open(id),
      destinationKeys.settled(id),
      destinationKeys.finished(id),
      destinationKeys.deadLetters(id),
      destinationKeys.deadLetterOrder(id),
      destinationKeys.resting(id),
      destinationKeys.busy(id),
      destinationKeys.user(id, ''),
      destinationKeys.ready(id, ''),
    ];
    // As they were accepted, since a replay transforms them again; and as they are now, since some may be erased.
    const accepted = change.rejected.length > 0 ? await this.eventsOf(record) : [];
    const settlement = settlementText(record, change, destination, accepted, now);
    const values = [String(revision), JSON.stringify(next), record.id, complete ? '1' : '0', settlement];
    const reply = (await settleScript.run(this.redis.shared, keys, values)) as SettleReply;
    const [verdict, breaker, settled = []] = reply;
    if (verdict === 'stale') {
      this.log.warn({ destinationId: id, batchId: record.id }, 'another worker has taken the batch over');
      return 'stale';
    }
    this.listener.progressed(destination, change, record);
    work.record = next;
    work.revision = revision + 1;
    this.listener.settled(id, settled);
    if (breaker === 'opened') this.listener.breakerOpened(destination, change.attempt?.code);
    if (breaker === 'closed') this.listener.breakerClosed(destination);
    if (!complete && record.users) this.listener.roomMade(destination);
    return complete ? 'complete' : 'sent';
  }
}

function eventsAt(events: Batch, members: PositionRanges): readonly CanonicalEvent[] {
  const chosen: CanonicalEvent[] = [];
  for (const member of fromRanges(members)) {
    const event = events[member];
    if (event) chosen.push(event);
  }
  return chosen;
}

/** Time held counts neither towards the age of what was sent nor towards that of what waited with it. */
const credited = (part: Part, heldMs: number): Part =>
  part.firstAttemptAt === null || heldMs === 0 ? part : { ...part, heldMs: part.heldMs + heldMs };

async function waitOrPutOff(
  job: HeldJob,
  waitMs: number,
  signal: AbortSignal,
  data: HeldJob['data'],
  inPlaceMs = WAIT_IN_PLACE_MS,
): Promise<void> {
  if (waitMs > inPlaceMs) return job.putOff(Math.min(waitMs, MAX_PUT_OFF_MS), data);
  await sleep(waitMs, undefined, { signal });
}
