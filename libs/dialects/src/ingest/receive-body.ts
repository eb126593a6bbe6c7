import type { Fault, IngestRoute } from '../dialect.js';
import { parseJson } from '../json/parse-json.js';
import { shedFault } from './admission.js';
import { collectBody } from './collect-body.js';
import { Decompressor, encodingOf, maxBytesOnTheWire } from './decompress.js';
import type { InFlightLease } from './in-flight-budget.js';
import type { IngestCall } from './ingest-call.js';
import { LoopPacer } from './loop-pacer.js';

/** `bytes` are those that `body` was parsed from: decompressed, without a byte order mark. */
export interface Received {
  readonly kind: 'received';
  readonly body: unknown;
  readonly bytes: Buffer;
}

/** How long a passing shortage of this process's own lasts. */
const BUSY_SECONDS = 1;
export const BUSY: Fault = { kind: 'unavailable', retryAfterSeconds: BUSY_SECONDS };

/** From the socket to a parsed body: collect → decompress → parse, each within its bounds. */
export class BodyReceiver {
  private readonly decompressor = new Decompressor();
  private readonly pacer = new LoopPacer();

  async receive(
    call: IngestCall<IngestRoute>,
    lease: InFlightLease,
  ): Promise<Received | Fault | { readonly kind: 'aborted' }> {
    const { route } = call.lane;
    const { maxBodyBytes } = route;
    const encoding = encodingOf(call.raw.headers['content-encoding']);
    const collected = await collectBody(call.raw, maxBytesOnTheWire(encoding, maxBodyBytes), lease);
    if (collected.kind === 'aborted') return collected;
    if (collected.kind === 'too_large') return { kind: 'payload_too_large', maxBytes: maxBodyBytes };
    if (collected.kind === 'no_budget') return shedFault(route, BUSY_SECONDS);
    const plain = encoding === undefined ? collected : await this.decompress(collected.bytes, encoding, route, lease);
    if (!('bytes' in plain)) return plain;
    const turn = this.pacer.turn(plain.bytes.length);
    if (turn) await turn;
    return parse(plain.bytes);
  }

  private async decompress(
    bytes: Buffer,
    encoding: string,
    route: IngestRoute,
    lease: InFlightLease,
  ): Promise<{ readonly bytes: Buffer } | Fault> {
    const { maxBodyBytes: maxBytes } = route;
    const plain = await this.decompressor.decompress(bytes, encoding, maxBytes);
    if (plain.kind === 'too_large') return { kind: 'payload_too_large', maxBytes };
    if (plain.kind !== 'decompressed') return { kind: plain.kind };
    return lease.take(plain.bytes.length) ? plain : shedFault(route, BUSY_SECONDS);
  }
}

function parse(bytes: Buffer): Received | Fault {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'too_deep') return { kind: 'bad_request', detail: 'JSON is nested too deeply' };
  return parsed.kind === 'parsed' ? { kind: 'received', body: parsed.body, bytes: parsed.bytes } : parsed;
}
