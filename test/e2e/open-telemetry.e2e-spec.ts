import {
  flokitItem,
  openLine,
  startGateway,
  startSink,
  until,
  type Gateway,
  type Line,
  type Sink,
} from '../support/index.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

interface TraceExport {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe('OpenTelemetry', () => {
  let collector: Sink;
  let gateway: Gateway;
  let line: Line;

  const spans = (): readonly Span[] =>
    collector.requests
      .filter(({ url }) => url === '/v1/traces')
      .flatMap(({ body }) => (JSON.parse(body) as TraceExport).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const spanOf = (test: (span: Span) => boolean): Promise<Span> => until(() => spans().find(test));

  beforeAll(async () => {
    collector = await startSink({ reply: () => ({ status: 200, body: '{}' }) });
    gateway = await startGateway({ env: { LOG_LEVEL: 'error', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    line = await openLine(gateway);
  });

  it("goes on with the caller's trace: request in, job, request out", async () => {
    await line.sender.accepted([flokitItem('traced')], { traceparent: CALLER });
    const received = await spanOf(({ traceId, name }) => traceId === TRACE_ID && name === 'ingest flokit.batch');
    expect(received.parentSpanId).toBe('00f067aa0ba902b7');
    const sent = await spanOf(({ traceId, name }) => traceId === TRACE_ID && name === 'deliver webhook');
    expect(sent.parentSpanId).toBe(received.spanId);
    expect(sent.attributes).toEqual(
      expect.arrayContaining([
        { key: 'gateway.destination', value: { stringValue: line.destinationId } },
        { key: 'http.response.status_code', value: { intValue: 200 } },
      ]),
    );
    expect(line.sink.requests[0]?.headers.traceparent).toBe(`00-${TRACE_ID}-${sent.spanId}-01`);
  });

  it('links a batch to every trace that has a part in it', async () => {
    await line.change({ batch: { maxEvents: 2, maxWaitMs: 5_000 } });
    const other = CALLER.replace('4bf9', 'aaaa');
    await line.sender.accepted([flokitItem('one')], { traceparent: other });
    await line.sender.accepted([flokitItem('two')], { traceparent: 'not one, so it gets a trace of its own' });
    const sent = await spanOf(({ name, links }) => name === 'deliver webhook' && links?.length === 2);
    expect(sent.links?.map(({ traceId }) => traceId)).toContain(`aaaa${TRACE_ID.slice(4)}`);
    expect(sent.parentSpanId ?? '').toBe('');
  });

  it('is off without an endpoint: nothing is added to a request', async () => {
    const silent = await startGateway({ env: { LOG_LEVEL: 'error' } });
    const quiet = await openLine(silent);
    await quiet.sender.accepted([flokitItem('untraced')], { traceparent: CALLER });
    await quiet.settled();
    expect(quiet.sink.requests.map(({ headers }) => headers.traceparent)).toEqual(
      quiet.sink.requests.map(() => undefined),
    );
  });
});
