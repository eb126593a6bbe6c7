import type { Environment } from '../env/index.js';
import { NO_TRACING, readTraceParent, writeTraceParent, Tracing, type OpenSpan, type SpanStart } from './tracing.js';

const SEND_EVERY_MS = 1_000;

/** OpenTelemetry is loaded only where an endpoint is given: without one it costs neither memory nor time. */
export async function openTracing(
  { otlpEndpoint, otlpServiceName, role }: Environment,
  version: string,
): Promise<Tracing> {
  if (otlpEndpoint === undefined) return NO_TRACING;
  const [{ ROOT_CONTEXT, SpanKind, SpanStatusCode, trace }, sdk, { resourceFromAttributes }, { OTLPTraceExporter }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': otlpServiceName,
      'service.version': version,
      'gateway.role': role,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter, { scheduledDelayMillis: SEND_EVERY_MS })],
  });
  const tracer = provider.getTracer('event-gateway', version);
  const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

  class OpenTelemetry extends Tracing {
    readonly on = true;

    begin({ name, kind, startedAt, parent, links = [], attributes }: SpanStart): OpenSpan {
      const context = parent === undefined ? undefined : readTraceParent(parent);
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          attributes: { ...attributes },
          links: links.flatMap((link) => readTraceParent(link) ?? []).map((linked) => ({ context: linked })),
          ...(startedAt === undefined ? {} : { startTime: startedAt }),
        },
        context ? trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote: true }) : ROOT_CONTEXT,
      );
      return {
        traceparent: writeTraceParent(span.spanContext()),
        end: (found, outcome) => {
          span.setAttributes({ ...found });
          if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    }

    close(): Promise<void> {
      return provider.shutdown();
    }
  }
  return new OpenTelemetry();
}
