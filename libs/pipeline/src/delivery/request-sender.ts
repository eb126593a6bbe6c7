import type { CanonicalEvent } from '#canonical';
import { connectorSettings, type Destination } from '#control-plane';
import type { Connector, Interpretation, OutboundRequest } from '#destinations';
import {
  redactUrl,
  type Log,
  type OpenSpan,
  type OutgoingHttp,
  type SendResult,
  type SpanStart,
  type TraceParent,
  type Tracing,
} from '#platform';
import type { Attempt } from './batch-record.js';
import { withoutSecrets } from './answer-secrets.js';

/** What came of one request. `aborted`: the gateway is stopping; nobody knows whether it arrived. */
export type Sent =
  | { readonly kind: 'oversize'; readonly bytes: number; readonly maxBytes: number }
  | { readonly kind: 'aborted' }
  | {
      readonly kind: 'answered';
      readonly interpretation: Interpretation;
      readonly status?: number;
      readonly code: string;
      readonly body: string;
      readonly tookMs: number;
      readonly request?: Attempt['request'];
      /** The vendor's rate headers ask to rest so long. */
      readonly restMs?: number;
    };

export interface Outgoing {
  readonly destination: Destination;
  readonly connector: Connector;
  readonly events: readonly CanonicalEvent[];
  readonly lane: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** The traces that the events came in with. */
  readonly traces: readonly TraceParent[];
}

const FAULT = 'connector_fault';

/** Encode, send, interpret: one request, once. */
export class RequestSender {
  constructor(
    private readonly http: OutgoingHttp,
    private readonly tracing: Tracing,
    private readonly log: Log,
  ) {}

  /** Whether `traces` are wanted. */
  get isTraced(): boolean {
    return this.tracing.on;
  }

  /** A connector that fails on an event is tried again with backoff, like a destination that does, and seen in the trace. */
  async send(outgoing: Outgoing): Promise<Sent> {
    try {
      return await this.sendOnce(outgoing);
    } catch (error) {
      const body = `the ${outgoing.destination.type} connector failed: ${String(error)}`;
      this.log.error({ destinationId: outgoing.destination.id, error: String(error) }, 'connector fault');
      return { kind: 'answered', interpretation: { kind: 'retry', code: FAULT }, code: FAULT, body, tookMs: 0 };
    }
  }

  private async sendOnce(outgoing: Outgoing): Promise<Sent> {
    const { connector, destination, events, lane, key, now } = outgoing;
    if (connector.transport === 'log') return this.write(outgoing);
    const settings = connectorSettings(destination, now);
    const request = connector.encode(events, lane, settings, { key, attemptAt: now });
    const bytes = Buffer.byteLength(request.body);
    // The fill target binds batches; a single event may be as large as the vendor takes.
    const fill = Math.min(destination.batch.maxBytes, connector.limits.maxBytes);
    const maxBytes = events.length > 1 ? fill : connector.limits.maxBytes;
    if (bytes > maxBytes) return { kind: 'oversize', bytes, maxBytes };
    const span = this.tracing.on ? this.tracing.begin(spanStart(outgoing, bytes)) : undefined;
    const result = await this.exchange(span ? withTrace(request, span) : request, outgoing);
    const sent = { method: request.method, origin: redactUrl(request.url), bytes };
    if (result.kind === 'failure') {
      span?.end({ 'error.type': result.code }, 'failed');
      return failure(result, sent);
    }
    const response = { ...withoutSecrets(result, request, settings), receivedAtMs: Date.now() };
    const interpretation = connector.interpret(response, events, lane);
    const { status, body } = response;
    const { tookMs } = result;
    const spanResult = { 'http.response.status_code': status, 'gateway.outcome': interpretation.kind };
    span?.end(spanResult, status < 400 ? 'ok' : 'failed');
    const restMs = connector.restMs?.(response) ?? 0;
    return { kind: 'answered', interpretation, status, code: `http_${status}`, body, tookMs, request: sent, restMs };
  }

  private exchange(request: OutboundRequest, { destination, signal }: Outgoing): Promise<SendResult> {
    const { method, url, headers, body } = request;
    return this.http.send({
      method,
      url,
      headers,
      body,
      timeoutMs: destination.timeoutMs,
      ...(signal ? { signal } : {}),
    });
  }

  private write({ destination, events }: Outgoing): Sent {
    for (const event of events) this.log.info({ destinationId: destination.id, event }, 'event');
    return { kind: 'answered', interpretation: { kind: 'delivered' }, code: 'logged', body: '', tookMs: 0 };
  }
}

function failure(result: Extract<SendResult, { kind: 'failure' }>, request: Attempt['request']): Sent {
  const { code, detail, tookMs } = result;
  if (code === 'aborted') return { kind: 'aborted' };
  const interpretation: Interpretation =
    code === 'address_not_allowed' ? { kind: 'paused', code } : { kind: 'retry', code };
  return { kind: 'answered', interpretation, code, body: detail, tookMs, ...(request ? { request } : {}) };
}

/** One trace goes on in its request; several can only be linked. */
function spanStart({ destination, events, key, traces }: Outgoing, bytes: number): SpanStart {
  const [only] = traces;
  return {
    name: `deliver ${destination.type}`,
    kind: 'client',
    ...(traces.length === 1 && only !== undefined ? { parent: only } : { links: traces }),
    attributes: {
      'gateway.destination': destination.id,
      'gateway.request_key': key,
      'gateway.events': events.length,
      'http.request.method': 'POST',
      'http.request.body.size': bytes,
    },
  };
}

function withTrace(request: OutboundRequest, { traceparent }: OpenSpan): OutboundRequest {
  return { ...request, headers: { ...request.headers, traceparent } };
}
