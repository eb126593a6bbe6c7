/** One span as the header `traceparent` of W3C Trace Context carries it. */
export type TraceParent = string;

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Milliseconds since 1970; now if absent. */
  readonly startedAt?: number;
  readonly parent?: TraceParent;
  /** Other traces that this work belongs to. */
  readonly links?: readonly TraceParent[];
  readonly attributes: SpanAttributes;
}

export interface OpenSpan {
  readonly traceparent: TraceParent;
  end(attributes: SpanAttributes, outcome: 'ok' | 'failed'): void;
}

/** Where spans go. Callers ask `on` first: while it is false nothing about traces is read, kept or computed. */
export abstract class Tracing {
  abstract readonly on: boolean;
  abstract begin(start: SpanStart): OpenSpan;
  /** Sends what has not been sent yet. */
  abstract close(): Promise<void>;
}

export const NO_TRACING: Tracing = {
  on: false,
  begin: () => ({ traceparent: '', end: () => undefined }),
  close: () => Promise.resolve(),
};

const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** Undefined for anything but version 00 with ids that are not all zeros. */
export function readTraceParent(text: string): TraceContext | undefined {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

export function writeTraceParent({ traceId, spanId, traceFlags }: TraceContext): TraceParent {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
