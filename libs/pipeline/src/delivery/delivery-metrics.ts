import type { Destination } from '#control-plane';
import type { Log, Metrics } from '#platform';
import type { Attempt } from './batch-record.js';
import type { Change } from './settlement.js';

/** Counts what deliveries come to, and writes one line per attempt. */
export class DeliveryMetrics {
  private readonly events;
  private readonly requests;
  private readonly shortfall;
  private readonly duration;

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
  }

  attempted({ id, type }: Destination, attempt: Attempt, change: Change): void {
    this.requests.inc({ destination: id, outcome: attempt.outcome });
    this.duration.observe({ type }, attempt.tookMs / 1_000);
    this.count(id, 'delivered', change.delivered.length);
    this.count(id, 'duplicate', change.duplicate.length);
    this.count(id, 'not_wanted', change.notWanted.length);
    this.count(id, 'dead_lettered', change.rejected.length);
    const { key, status, code, outcome, tookMs, note, shortfall } = attempt;
    if (shortfall !== undefined) this.shortfall.inc({ destination: id }, shortfall);
    const line = { destinationId: id, key, status, code, outcome, tookMs, note, delivered: change.delivered.length };
    if (outcome === 'delivered' && note === undefined) this.log.debug(line, 'attempt');
    else this.log.warn(line, 'attempt');
  }

  private count(destination: string, outcome: string, events: number): void {
    if (events > 0) this.events.inc({ destination, outcome }, events);
  }
}
