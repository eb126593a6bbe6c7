import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync, gzip, gzipSync, type ZlibOptions } from 'node:zlib';
import { fromRanges, toRanges, type PositionRanges } from './position-ranges.js';

/** One accepted request inside a segment, without its bytes. Its events have the positions `base … base + total - 1`. */
export interface RequestHeader {
  readonly requestId: string;
  readonly sourceId: string;
  readonly dialect: string;
  /** The dialect's route id. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly base: number;
  /** Events in the request, refused ones included. */
  readonly total: number;
  /** Positions within the request that were refused. */
  readonly rejected: PositionRanges;
  /** Length of the body. */
  readonly bytes: number;
  /** The span that took the request. Only there where traces are kept; who does not know it passes it over. */
  readonly traceparent?: string;
  /**
   * Absent: the body is what came. `canonical`: an erasure or a repacking took events out, and the body is a list of the
   * canonical events by position, null where there is none.
   */
  readonly form?: 'canonical';
}

/** What routing needs to know; the bodies are read only by who looks into the events. */
export interface SegmentHeader {
  readonly requests: readonly RequestHeader[];
}

/**
 * The header as it is stored. Requests that share a segment mostly come from one client: what they have in common is
 * written once, and positions follow from the totals.
 */
interface StoredHeader {
  /** 3 only where a request has a form of its own: a release that knows none of these must not read it. */
  readonly v: 2 | 3;
  readonly origins: readonly Origin[];
  readonly requests: readonly StoredRequest[];
  /** Indexes of the requests in canonical form. */
  readonly canonical?: readonly number[];
}

type Origin = readonly [sourceId: string, dialect: string, route: string, headers: RequestHeader['headers']];
type StoredRequest = readonly [
  origin: number,
  requestId: string,
  receivedAt: number,
  total: number,
  rejected: PositionRanges,
  bytes: number,
  traceparent?: string,
];

/** Written until 0.1. */
interface StoredHeaderV1 {
  readonly v: 1;
  readonly requests: readonly RequestHeader[];
}

export interface EncodedSegment {
  readonly header: string;
  /** A codec byte and the bodies one after the other, as they came, gzipped from 1 KiB on. */
  readonly bodies: Buffer;
}

const RAW = 0;
const GZIP = 1;
/** Below this, compressing costs more than it saves. */
const COMPRESS_FROM_BYTES = 1_024;
/** Below this, handing the work to another thread costs more than doing it. */
const COMPRESS_ASIDE_FROM_BYTES = 32 * 1_024;
const FAST = { level: constants.Z_BEST_SPEED };
/**
 * Output comes in chunks, each a trip to the other thread and back: one chunk should do. Events compress to a fifth or so.
 * What is compressed here needs no larger window; making one takes a third of the time.
 */
const compressionOf = (bytes: number) => ({
  ...FAST,
  windowBits: bytes < COMPRESS_ASIDE_FROM_BYTES ? 14 : 15,
  chunkSize: Math.max(16 * 1_024, Math.ceil(bytes / 3)),
});
const decompressionOf = (bytes: number) => ({ chunkSize: Math.max(64, bytes) });

const compress = promisify<Buffer, ZlibOptions, Buffer>(gzip);
const decompress = promisify<Buffer, ZlibOptions, Buffer>(gunzip);

export async function encodeSegment(
  requests: readonly RequestHeader[],
  bodies: readonly Buffer[],
): Promise<EncodedSegment> {
  return { header: encodeHeader(requests), bodies: await encodeBodies(bodies) };
}

function encodeHeader(requests: readonly RequestHeader[]): string {
  const known = new Map<string, number>();
  const origins: Origin[] = [];
  let last: RequestHeader | undefined;
  let index = 0;
  const stored = requests.map((request): StoredRequest => {
    if (!last || !sameOrigin(request, last)) {
      const { sourceId, dialect, route, headers } = request;
      const name = JSON.stringify([sourceId, route, headers]);
      index = known.get(name) ?? origins.push([sourceId, dialect, route, headers]) - 1;
      known.set(name, index);
      last = request;
    }
    const { requestId, receivedAt, total, rejected, bytes, traceparent } = request;
    const fields = [index, requestId, receivedAt, total, rejected, bytes] as const;
    return traceparent === undefined ? fields : [...fields, traceparent];
  });
  const canonical = requests.flatMap(({ form }, i) => (form === 'canonical' ? [i] : []));
  const common = { origins, requests: stored };
  const header: StoredHeader = canonical.length === 0 ? { v: 2, ...common } : { v: 3, ...common, canonical };
  return JSON.stringify(header);
}

/** Headers are compared as objects: equal ones that are not the same only cost a look into the map. */
function sameOrigin(one: RequestHeader, other: RequestHeader): boolean {
  return one.sourceId === other.sourceId && one.route === other.route && one.headers === other.headers;
}

async function encodeBodies(bodies: readonly Buffer[]): Promise<Buffer> {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  if (bytes < COMPRESS_FROM_BYTES) return Buffer.concat([Buffer.of(RAW), ...bodies]);
  const [only] = bodies;
  const plain = bodies.length === 1 && only ? only : Buffer.concat(bodies);
  const options = compressionOf(bytes);
  const compressed = bytes < COMPRESS_ASIDE_FROM_BYTES ? gzipSync(plain, options) : await compress(plain, options);
  return Buffer.concat([Buffer.of(GZIP), compressed]);
}

export function readHeader(text: string): SegmentHeader {
  const header = JSON.parse(text) as StoredHeader | StoredHeaderV1;
  switch (header.v) {
    case 1:
      return header;
    case 2:
    case 3:
      return { requests: requestHeaders(header) };
    default:
      throw new Error(`segment version ${String((header as { v?: unknown }).v)} is not known to this release`);
  }
}

function requestHeaders({ origins, requests, canonical }: StoredHeader): readonly RequestHeader[] {
  const rewritten = new Set(canonical);
  let base = 0;
  return requests.map(([index, requestId, receivedAt, total, rejected, bytes, traceparent], i): RequestHeader => {
    const origin = origins[index];
    if (!origin) throw new Error(`a segment header names an origin it does not have: ${index}`);
    const [sourceId, dialect, route, headers] = origin;
    const header = { requestId, sourceId, dialect, route, headers, receivedAt, base, total, rejected, bytes };
    base += total;
    // Nearly every request.
    if (traceparent === undefined && !rewritten.has(i)) return header;
    return {
      ...header,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(rewritten.has(i) ? { form: 'canonical' } : {}),
    };
  });
}

/** The bodies, in the order of the header's requests. */
export async function readBodies({ requests }: SegmentHeader, stored: Buffer): Promise<readonly Buffer[]> {
  const payload = await plainBodies(requests, stored);
  let offset = 0;
  return requests.map(({ bytes }) => {
    const body = payload.subarray(offset, offset + bytes);
    offset += bytes;
    return body;
  });
}

async function plainBodies(requests: SegmentHeader['requests'], stored: Buffer): Promise<Buffer> {
  const payload = stored.subarray(1);
  if (stored[0] !== GZIP) return payload;
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  const options = decompressionOf(bytes);
  return bytes < COMPRESS_ASIDE_FROM_BYTES ? gunzipSync(payload, options) : decompress(payload, options);
}

/** Positions of the segment (not of the request) whose events are to be delivered. */
export function liveRanges(request: RequestHeader, duplicates: ReadonlySet<number>): PositionRanges {
  const { base, total } = request;
  // Nearly every request: nothing was refused, nothing is a repeat.
  if (request.rejected === '' && duplicates.size === 0 && total > 0)
    return total === 1 ? `${base}` : `${base}-${base + total - 1}`;
  const rejected = new Set(fromRanges(request.rejected));
  const positions: number[] = [];
  for (let index = 0; index < request.total; index++) {
    const position = request.base + index;
    if (!rejected.has(index) && !duplicates.has(position)) positions.push(position);
  }
  return toRanges(positions);
}
