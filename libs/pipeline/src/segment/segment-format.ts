import { promisify } from 'node:util';
import { gunzip, gzip, constants } from 'node:zlib';
import { countRanges, fromRanges, type PositionRanges } from './position-ranges.js';

/** One accepted request inside a segment. Its events have the positions `base … base + total - 1`. */
export interface SegmentRequest {
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
  /** The bytes as they came, decompressed, without credentials. */
  readonly body: Buffer;
}

type RequestHeader = Omit<SegmentRequest, 'body'> & { readonly bytes: number };

const VERSION = 1;
const RAW = 0;
const GZIP = 1;
/** Below this, compressing costs more than it saves. */
const COMPRESS_FROM_BYTES = 1_024;

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);
const decompress = promisify<Buffer, Buffer>(gunzip);

/** `version, codec, payload`; payload is `header length (4 bytes), header JSON, bodies`, gzipped from 1 KiB on. */
export async function encodeSegment(requests: readonly SegmentRequest[]): Promise<Buffer> {
  const header: RequestHeader[] = requests.map(({ body, ...rest }) => ({ ...rest, bytes: body.length }));
  const headerBytes = Buffer.from(JSON.stringify(header));
  const headerLength = Buffer.alloc(4);
  headerLength.writeUInt32BE(headerBytes.length);
  const payload = Buffer.concat([headerLength, headerBytes, ...requests.map((request) => request.body)]);
  if (payload.length < COMPRESS_FROM_BYTES) return Buffer.concat([Buffer.from([VERSION, RAW]), payload]);
  return Buffer.concat([Buffer.from([VERSION, GZIP]), await compress(payload, { level: constants.Z_BEST_SPEED })]);
}

export async function decodeSegment(stored: Buffer): Promise<readonly SegmentRequest[]> {
  const [version, codec] = stored;
  if (version !== VERSION) throw new Error(`segment version ${version} is not known to this release`);
  const rest = stored.subarray(2);
  const payload = codec === GZIP ? await decompress(rest) : rest;
  const headerEnd = 4 + payload.readUInt32BE(0);
  const header = JSON.parse(payload.toString('utf8', 4, headerEnd)) as RequestHeader[];
  let offset = headerEnd;
  return header.map(({ bytes, ...rest }) => {
    const body = payload.subarray(offset, offset + bytes);
    offset += bytes;
    return { ...rest, body };
  });
}

export function acceptedCount(request: Pick<SegmentRequest, 'total' | 'rejected'>): number {
  return request.total - countRanges(request.rejected);
}

export function rejectedSet(request: Pick<SegmentRequest, 'rejected'>): ReadonlySet<number> {
  return new Set(fromRanges(request.rejected));
}
