import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Members } from './checks.js';

export interface VendorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly text: string;
  readonly bytes: number;
  /** Undefined if the text is no JSON. */
  readonly json: unknown;
}

export interface VendorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Serialized as JSON; absent: no body. */
  readonly body?: unknown;
}

/** An event that the vendor kept. */
export interface TakenEvent {
  readonly name: string;
  /** By what the vendor knows the person: its first identifier. */
  readonly person: string;
  /** By what the vendor would tell a repeat; null if it cannot. */
  readonly dedupKey: string | null;
  readonly properties: Members;
  readonly wire: Members;
}

export interface Verdict {
  readonly reply: VendorReply;
  /** Kept for the first time. */
  readonly taken?: readonly TakenEvent[];
  /** Recognised as repeats and dropped. */
  readonly repeated?: number;
}

export interface Vendor {
  respond(request: VendorRequest): Verdict;
}

/** What happens to one request in place of, or on top of, the vendor's own behaviour. */
export type Prescription =
  | { readonly kind: 'behave' }
  /** Keeps nothing. */
  | { readonly kind: 'answer'; readonly reply: VendorReply }
  /** Keeps the events, then says otherwise. */
  | { readonly kind: 'answer_after_taking'; readonly reply: VendorReply }
  /** Keeps the events, then cuts the connection. */
  | { readonly kind: 'lose_answer' }
  /** Cuts the connection, keeps nothing. */
  | { readonly kind: 'reset' }
  /** Never answers, keeps nothing. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'delay'; readonly delayMs: number };

export interface RecordedRequest extends VendorRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly outcome: number | 'reset' | 'hung';
  readonly takenCount: number;
}

/** A vendor on a local port: strict about what it is sent, faithful in what it answers, faulty as prescribed. */
export class StandIn {
  readonly requests: RecordedRequest[] = [];
  readonly taken: TakenEvent[] = [];
  repeated = 0;
  private readonly script: Prescription[] = [];
  private always: Prescription = { kind: 'behave' };
  private readonly sockets = new Set<Socket>();
  private readonly server = http.createServer((request, answer) => void this.serve(request, answer));

  private constructor(private readonly vendor: Vendor) {
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(vendor: Vendor): Promise<StandIn> {
    const standIn = new StandIn(vendor);
    await new Promise<void>((resolve) => standIn.server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  /** The vendor's root, without final slash: what `baseUrl` is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** For the next requests, one each. */
  prescribe(...prescriptions: readonly Prescription[]): void {
    this.script.push(...prescriptions);
  }

  /** For every request without a prescription of its own, until told otherwise. */
  prescribeAlways(prescription: Prescription): void {
    this.always = prescription;
  }

  /** How often each key occurs among the kept events. */
  counts(key: (event: TakenEvent) => string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const event of this.taken) counts.set(key(event), (counts.get(key(event)) ?? 0) + 1);
    return counts;
  }

  /** Rejects after `timeoutMs`, saying how far it came. */
  async untilTaken(count: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.taken.length < count) {
      if (Date.now() > deadline) throw new Error(`${this.taken.length} of ${count} events after ${timeoutMs} ms`);
      await sleep(10);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  private async serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const request = await read(incoming).catch(() => undefined);
    if (!request) return void incoming.destroy();
    const prescription = this.script.shift() ?? this.always;
    if (prescription.kind === 'delay') await sleep(prescription.delayMs, undefined, { ref: false });
    const outcome = this.act(request, prescription, answer);
    if (outcome === 'reset') incoming.socket.resetAndDestroy();
  }

  private act(request: VendorRequest, prescription: Prescription, answer: ServerResponse): RecordedRequest['outcome'] {
    switch (prescription.kind) {
      case 'hang':
        return this.record(request, 'hung');
      case 'reset':
        return this.record(request, 'reset');
      case 'answer':
        return this.record(request, send(answer, prescription.reply));
      case 'answer_after_taking':
        return this.record(request, send(answer, prescription.reply), this.vendor.respond(request));
      case 'lose_answer':
        return this.record(request, 'reset', this.vendor.respond(request));
      case 'behave':
      case 'delay': {
        const verdict = this.vendor.respond(request);
        return this.record(request, send(answer, verdict.reply), verdict);
      }
    }
  }

  private record(
    request: VendorRequest,
    outcome: RecordedRequest['outcome'],
    verdict?: Verdict,
  ): RecordedRequest['outcome'] {
    const taken = verdict?.taken ?? [];
    taken.forEach((event) => this.taken.push(event));
    this.repeated += verdict?.repeated ?? 0;
    this.requests.push({ ...request, at: Date.now(), outcome, takenCount: taken.length });
    return outcome;
  }
}

async function read(incoming: IncomingMessage): Promise<VendorRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = unpack(Buffer.concat(chunks), incoming.headers['content-encoding']);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://stand-in');
  const { method = '', headers } = incoming;
  return { method, path: pathname, query: searchParams, headers, text, bytes: body.length, json: parse(text) };
}

function unpack(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body);
  if (encoding === 'br') return brotliDecompressSync(body);
  return encoding === 'deflate' ? inflateSync(body) : body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(answer: ServerResponse, { status, headers, body }: VendorReply): number {
  if (body === undefined) answer.writeHead(status, { ...headers, 'content-length': '0' }).end();
  else answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  return status;
}
