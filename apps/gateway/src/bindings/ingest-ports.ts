import {
  DialectRegistry,
  IngestObserver,
  Intake,
  RejectionLog,
  RequestLimiter,
  SourceDirectory,
  type AppendRequest,
  type AppendResult,
  type IngestRoute,
  type KnownSource,
  type RateVerdict,
  type RecallRequest,
  type RepeatResult,
  type RejectedRequest,
} from '#dialects';
import type { Configuration } from '#control-plane';
import type { RateWindow } from '#destinations';
import type { CanonicalEvent } from '#canonical';
import {
  EventDecoder,
  type DecodableRequest,
  type IntakeService,
  type LeasedRequestLimiter,
  type RejectionStore,
} from '#pipeline';
import { readTraceParent, type Log, type Metrics, type Tracing } from '#platform';

/** What the dialects ask for, answered by the pipeline and the configuration: neither knows the other. */

export class ConfiguredSources extends SourceDirectory {
  constructor(private readonly configuration: Configuration) {
    super();
  }

  find(dialect: string, token: string): { readonly source: KnownSource; readonly grant: string } | undefined {
    const found = this.configuration.source(dialect, token);
    if (!found) return undefined;
    const { id, name, enabled, rateLimit } = found.source;
    const limits = rateLimit === undefined ? {} : { rateLimit: rateLimit ?? [] };
    return { source: { id, name, enabled, ...limits }, grant: found.grant };
  }
}

export class PipelineIntake extends Intake {
  constructor(
    private readonly intake: IntakeService,
    private readonly tracing: Tracing,
  ) {
    super();
  }

  shedding(): boolean {
    return this.intake.shedding();
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return this.tracing.on ? this.appendTraced(request) : this.intake.append(request);
  }

  recall(request: RecallRequest): Promise<RepeatResult | undefined> {
    return this.intake.recall(request);
  }

  /** One span from receipt until the events are durable, on the caller's trace; deliveries go on from it. */
  private async appendTraced(request: AppendRequest): Promise<AppendResult> {
    const { route, dialect, sourceId, requestId, receivedAt, callerTrace, checked } = request;
    const span = this.tracing.begin({
      name: `ingest ${route}`,
      kind: 'server',
      startedAt: receivedAt,
      ...(callerTrace !== undefined && readTraceParent(callerTrace) ? { parent: callerTrace } : {}),
      attributes: { 'gateway.dialect': dialect, 'gateway.source': sourceId, 'gateway.request_id': requestId },
    });
    const result = await this.intake.append({ ...request, traceparent: span.traceparent });
    const accepted = checked.total - checked.rejected.length;
    const isKept = result.kind === 'appended' || result.kind === 'repeated';
    span.end({ 'gateway.events': accepted, 'gateway.result': result.kind }, isKept ? 'ok' : 'failed');
    return result;
  }
}

export class PipelineRejections extends RejectionLog {
  constructor(private readonly store: RejectionStore) {
    super();
  }

  record(rejected: RejectedRequest): void {
    this.store.record(rejected);
  }
}

export class PipelineLimiter extends RequestLimiter {
  constructor(private readonly limiter: LeasedRequestLimiter) {
    super();
  }

  take(sourceId: string, bucket: string, windows: readonly RateWindow[]): RateVerdict | Promise<RateVerdict> {
    return this.limiter.take(sourceId, bucket, windows);
  }
}

export class DialectDecoder extends EventDecoder {
  constructor(private readonly dialects: DialectRegistry) {
    super();
  }

  decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    const route = this.routeOf(request);
    const body: unknown = JSON.parse(request.body.toString());
    const { headers, sourceId, receivedAt } = request;
    return route.decode({
      body,
      route: request.route,
      headers,
      sourceId,
      receivedAt,
      accepts: (index) => request.accepts(index),
      idAt: (index) => request.idAt(index),
    });
  }

  itemAt(request: Pick<DecodableRequest, 'dialect' | 'route' | 'body'>, index: number): unknown {
    const route = this.routeOf(request);
    const body: unknown = JSON.parse(request.body.toString());
    return route.itemAt ? route.itemAt(body, index) : body;
  }

  private routeOf(request: Pick<DecodableRequest, 'dialect' | 'route'>): IngestRoute {
    const route = this.dialects.get(request.dialect)?.routes.find(({ id }) => id === request.route);
    if (!route) throw new Error(`this release does not know ${request.dialect} ${request.route}`);
    return route;
  }
}

/** Ingest as Prometheus and the log see it. */
export class IngestMetrics extends IngestObserver {
  private readonly acceptedEvents;
  private readonly rejectedEvents;
  private readonly refusedRequests;
  private readonly duration;

  constructor(
    metrics: Metrics,
    private readonly log: Log,
  ) {
    super();
    this.acceptedEvents = metrics.counter('gateway_events_accepted_total', 'Events made durable.', ['dialect']);
    this.rejectedEvents = metrics.counter('gateway_events_rejected_total', 'Events refused, by reason.', [
      'dialect',
      'code',
    ]);
    this.refusedRequests = metrics.counter(
      'gateway_requests_refused_total',
      'Requests refused as a whole, by reason.',
      ['dialect', 'reason'],
    );
    this.duration = metrics.histogram('gateway_ingest_seconds', 'From the request line to the answer.', [
      'dialect',
      'route',
      'status',
    ]);
  }

  accepted(dialect: string, events: number): void {
    this.acceptedEvents.inc({ dialect }, events);
  }

  rejected(dialect: string, code: string, items: number): void {
    this.rejectedEvents.inc({ dialect, code }, items);
  }

  refused(dialect: string, reason: string): void {
    this.refusedRequests.inc({ dialect, reason });
  }

  answered(dialect: string, route: string, status: number, durationMs: number): void {
    this.duration.observe({ dialect, route, status: String(status) }, durationMs / 1_000);
  }

  failed(dialect: string, requestId: string, error: unknown): void {
    this.log.error({ dialect, requestId, error }, 'Ingest failed');
  }
}
