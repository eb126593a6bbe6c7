import type { CanonicalEvent } from '#canonical';
import { connectorSettings, type Destination } from '#control-plane';
import type { ConnectorRegistry, HttpConnector } from '#destinations';
import type { Log, OutgoingHttp } from '#platform';
import { withoutSecrets } from './answer-secrets.js';
import { eventId, newSegmentId } from '../segment/segment-id.js';
import { shownRequest, type ShownRequest } from './rehearsal.js';

/** As much of an answer as anybody reads. */
const SHOWN_BODY_CHARS = 65_536;

export interface TestResult {
  readonly request: ShownRequest | null;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  readonly outcome: { readonly kind: string; readonly code?: string; readonly detail?: string };
}

/** Sends one sample event for real, past queue, breaker and rate limit, and keeps nothing of it. */
export class DestinationTester {
  constructor(
    private readonly connectors: ConnectorRegistry,
    private readonly http: OutgoingHttp,
    private readonly log: Log,
  ) {}

  async test(destination: Destination): Promise<TestResult> {
    const connector = this.connectors.get(destination.type);
    if (!connector) throw new Error(`no connector of type ${destination.type}`);
    const event = sampleEvent(Date.now());
    if (connector.transport === 'http') return this.send(destination, connector, event);
    this.log.info({ destinationId: destination.id, event }, 'event');
    return { request: null, response: null, outcome: { kind: 'delivered' } };
  }

  private async send(destination: Destination, connector: HttpConnector, event: CanonicalEvent): Promise<TestResult> {
    const now = Date.now();
    const settings = connectorSettings(destination, now);
    const placement = connector.place(event, settings);
    if (placement.kind === 'not_wanted') return unsent(placement.kind, placement.code);
    if (placement.kind === 'rejected') return unsent(placement.kind, placement.refusal.code, placement.refusal.detail);
    const request = connector.encode([event], placement.lane, settings, {
      key: `req_test_${event.id.slice(4)}`,
      attemptAt: now,
    });
    const result = await this.http.send({ ...request, timeoutMs: destination.timeoutMs });
    if (result.kind === 'failure') {
      return {
        request: shownRequest(request),
        response: null,
        outcome: { kind: 'failed', code: result.code, detail: result.detail },
      };
    }
    const response = withoutSecrets(result, request, settings);
    const interpretation = connector.interpret({ ...response, receivedAtMs: Date.now() }, [event], placement.lane);
    const { status, headers, body } = response;
    return {
      request: shownRequest(request),
      response: { status, headers, body: body.slice(0, SHOWN_BODY_CHARS) },
      outcome: shownOutcome(interpretation),
    };
  }
}

function unsent(kind: string, code: string, detail?: string): TestResult {
  return { request: null, response: null, outcome: { kind, code, ...(detail === undefined ? {} : { detail }) } };
}

function shownOutcome(interpretation: ReturnType<HttpConnector['interpret']>): TestResult['outcome'] {
  switch (interpretation.kind) {
    case 'refused':
    case 'too_large':
      return { kind: interpretation.kind, ...interpretation.refusal };
    case 'per_event': {
      const [outcome] = interpretation.outcomes;
      if (outcome?.kind === 'rejected') return { kind: 'rejected', ...outcome.refusal };
      return { kind: outcome?.kind ?? 'retry' };
    }
    case 'retry':
    case 'paused':
      return { kind: interpretation.kind, code: interpretation.code };
    case 'delivered':
    case 'throttled':
      return { kind: interpretation.kind };
  }
}

function sampleEvent(now: number): CanonicalEvent {
  const at = new Date(now).toISOString();
  return {
    id: eventId(newSegmentId(0, now), 0),
    type: 'track',
    event: 'gateway_test',
    user_id: 'gateway-test-user',
    anonymous_id: null,
    timestamp: at,
    received_at: at,
    properties: { test: true },
    identity: {
      email: 'gateway-test@example.com',
      device_id: 'gateway-test-device',
      session_id: 'gateway-test-session',
    },
    source: { id: 'gateway-test', dialect: 'flokit' },
  };
}
