import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib';
import { fromRanges, type PositionRanges } from './position-ranges.js';

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
}

/** What routing needs to know; the bodies are read only by who looks into the events. */
export interface SegmentHeader {
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

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);
const decompress = promisify<Buffer, Buffer>(gunzip);

export async function encodeSegment(
  requests: readonly RequestHeader[],
  bodies: readonly Buffer[],
): Promise<EncodedSegment> {
  const header: SegmentHeader = { v: 1, requests };
  return { header: JSON.stringify(header), bodies: await encodeBodies(bodies) };
}

async function encodeBodies(bodies: readonly Buffer[]): Promise<Buffer> {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  if (bytes < COMPRESS_FROM_BYTES) return Buffer.concat([Buffer.of(RAW), ...bodies]);
  const [only] = bodies;
  const plain = bodies.length === 1 && only ? only : Buffer.concat(bodies);
  const compressed = bytes < COMPRESS_ASIDE_FROM_BYTES ? gzipSync(plain, FAST) : await compress(plain, FAST);
  return Buffer.concat([Buffer.of(GZIP), compressed]);
}

export function readHeader(text: string): SegmentHeader {
  const header = JSON.parse(text) as SegmentHeader;
  if (header.v !== 1) throw new Error(`segment version ${String(header.v)} is not known to this release`);
  return header;
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
  return bytes < COMPRESS_ASIDE_FROM_BYTES ? gunzipSync(payload) : decompress(payload);
}

/** Positions of the segment (not of the request) whose events are to be delivered. */
export function livePositions(request: RequestHeader, duplicates: ReadonlySet<number>): number[] {
  const rejected = new Set(fromRanges(request.rejected));
  const positions: number[] = [];
  for (let index = 0; index < request.total; index++) {
    const position = request.base + index;
    if (!rejected.has(index) && !duplicates.has(position)) positions.push(position);
  }
  return positions;
}
