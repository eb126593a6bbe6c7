import type { Destination } from '#control-plane';
import type { Log, Metrics } from '#platform';
import type { Attempt, BatchRecord } from '../delivery/batch-record.js';
import { segmentCounts, type Change } from '../delivery/settlement.js';
import { timeOfSegment } from '../segment/segment-id.js';
import { DestinationLabels } from './destination-labels.js';

/** From ten milliseconds to a day, in seconds. */
const ARRIVAL_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400];

/** Counts what deliveries come to, and writes one line per attempt. */
export class DeliveryMetrics {
  private readonly events;
  private readonly requests;
  private readonly shortfall;
  private readonly duration;
  private readonly arrival;
  private readonly labels = new DestinationLabels();

  constructor(
    metrics: Metrics,
    private readonly log: Log,
  ) {
    this.events = metrics.counter('gateway_deliveries_total', 'Events settled, by outcome.', [
      'destination',
      'outcome',
    ]);
    this.requests = metrics.counter('gateway_delivery_requests_total', 'Requests sent, by what they came to.', [
      'destination',
      'outcome',
    ]);
    this.shortfall = metrics.counter(
      'gateway_delivery_shortfall_events_total',
      'Events that a destination did not take by its own count, without naming them. They count as delivered.',
      ['destination'],
    );
    this.duration = metrics.histogram('gateway_delivery_request_seconds', 'Time a destination takes to answer.', [
      'type',
    ]);
    this.arrival = metrics.histogram(
      'gateway_arrival_seconds',
      'From acceptance to the answer that settled the events as delivered, once per segment and request.',
      ['type'],
      ARRIVAL_BUCKETS,
    );
  }

  /** `record`: the batch as it was before the change. */
  progressed({ id, type }: Destination, change: Change, record: BatchRecord): void {
    const destination = this.labels.label(id);
    this.count(destination, 'delivered', change.delivered.length);
    this.count(destination, 'duplicate', change.duplicate.length);
    this.count(destination, 'not_wanted', change.notWanted.length);
    this.count(destination, 'dead_lettered', change.rejected.length);
    if (!change.attempt) return;
    this.arrived(type, change, record);
    this.attempted(id, type, change.attempt, change.delivered.length);
  }

  /** More waited than may: these became dead letters without a try. */
  overflowed(destinationId: string, events: number): void {
    this.count(this.labels.label(destinationId), 'dead_lettered', events);
  }

  private attempted(id: string, type: string, attempt: Attempt, delivered: number): void {
    const destination = this.labels.label(id);
    this.requests.inc({ destination, outcome: attempt.outcome });
    this.duration.observe({ type }, attempt.tookMs / 1_000);
    const { key, status, code, outcome, tookMs, note, shortfall } = attempt;
    if (shortfall !== undefined) this.shortfall.inc({ destination }, shortfall);
    const line = { destinationId: id, key, status, code, outcome, tookMs, note, delivered };
    if (outcome === 'delivered' && note === undefined) this.log.debug(line, 'attempt');
    else this.log.warn(line, 'attempt');
  }

  /** Not per event: a segment tells when its events were accepted. */
  private arrived(type: string, { delivered }: Change, record: BatchRecord): void {
    const now = Date.now();
    for (const { segmentId } of segmentCounts(record, delivered)) {
      this.arrival.observe({ type }, Math.max(0, now - timeOfSegment(segmentId)) / 1_000);
    }
  }

  private count(destination: string, outcome: string, events: number): void {
    if (events > 0) this.events.inc({ destination, outcome }, events);
  }
}
