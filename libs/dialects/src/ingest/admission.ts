import type { Claim, Fault, IngestRoute, ProbeRoute } from '../dialect.js';
import type { Intake, RateVerdict, RequestLimiter, SourceDirectory } from '../ports.js';
import { Decompressor, encodingOf, maxBytesOnTheWire } from './decompress.js';
import type { IngestCall } from './ingest-call.js';

/** How long callers are asked to wait while every request is shed. */
const SHED_RETRY_AFTER_SECONDS = 5;

/** Who is asking, and may it ask now? Every step answers with the fault that ends the request, or nothing. */
export class Admission {
  constructor(
    private readonly sources: SourceDirectory,
    private readonly limiter: RequestLimiter,
    private readonly intake: Intake,
  ) {}

  /** Finds the source behind a claim and notes it on the call. */
  authenticate(call: IngestCall, claim: Claim): Fault | undefined {
    if ('missing' in claim) return { kind: 'unauthorized', reason: 'missing', detail: claim.missing };
    const found = this.sources.find(call.dialect.name, claim.token);
    if (!found) return { kind: 'unauthorized', reason: 'unknown' };
    if (!found.source.enabled) return { kind: 'unauthorized', reason: 'disabled' };
    if (!call.lane.grants.has(found.grant)) return { kind: 'forbidden', reason: 'grant' };
    call.source = found.source;
    return undefined;
  }

  /** Takes one request from the source's limit. Waits only where the limiter must ask elsewhere. */
  takeTurn(call: IngestCall): Fault | undefined | Promise<Fault | undefined> {
    const { source, lane } = call;
    const { rateLimit } = lane.route;
    const windows = source?.rateLimit ?? rateLimit?.windows ?? [];
    if (!source || !rateLimit || windows.length === 0) return undefined;
    const verdict = this.limiter.take(source.id, rateLimit.bucket, windows);
    return 'then' in verdict ? verdict.then((later) => applyVerdict(call, later)) : applyVerdict(call, verdict);
  }

  shed(route: IngestRoute): Fault | undefined {
    return this.intake.shedding() ? shedFault(route, SHED_RETRY_AFTER_SECONDS) : undefined;
  }
}

export function shedFault({ ownQueueFull }: IngestRoute, retryAfterSeconds: number): Fault {
  return { kind: ownQueueFull ? 'queue_full' : 'unavailable', retryAfterSeconds };
}

function applyVerdict(call: IngestCall, verdict: RateVerdict): Fault | undefined {
  if (verdict.kind === 'limited') return { kind: 'rate_limited', retryAfterSeconds: verdict.retryAfterSeconds };
  call.rateHeaders = call.dialect.rateHeaders?.(verdict.state);
  return undefined;
}

/** What can be refused by the headers alone, before a byte of the body is read. */
export function headerFault(call: IngestCall<IngestRoute>): Fault | undefined {
  const { route } = call.lane;
  const { headers, httpVersion } = call.raw;
  if (headers.host === undefined && httpVersion === '1.1') {
    return { kind: 'bad_request', detail: 'The Host header is missing' };
  }
  if (!route.contentTypes.includes(mediaType(headers['content-type'] ?? route.contentTypes[0] ?? ''))) {
    return { kind: 'unsupported_media_type' };
  }
  const encoding = encodingOf(headers['content-encoding']);
  if (encoding !== undefined && !Decompressor.supports(encoding)) return { kind: 'unsupported_encoding' };
  if (Number(headers['content-length']) > maxBytesOnTheWire(encoding, route.maxBodyBytes)) {
    return { kind: 'payload_too_large', maxBytes: route.maxBodyBytes };
  }
  return undefined;
}

function mediaType(header: string): string {
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}

export function claimOf(call: IngestCall<IngestRoute | ProbeRoute>): Claim | undefined {
  return call.dialect.claim?.(call.view, call.lane.route);
}
