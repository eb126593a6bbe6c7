import { createHash } from 'node:crypto';
import type { Checked, Fault, IngestRoute, ProbeRoute, Refused, Reply } from '../dialect.js';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import { parseJson } from '../json/parse-json.js';
import type { AppendRequest, AppendResult, IngestObserver, Intake, RejectionLog } from '../ports.js';
import { claimOf, headerFault, type Admission } from './admission.js';
import { collectBody, drainBody } from './collect-body.js';
import { encodingOf, type Decompressor } from './decompress.js';
import type { InFlightBudget, InFlightLease } from './in-flight-budget.js';
import { faultReply, writeReply, type IngestCall } from './ingest-call.js';

const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
/** A passing shortage of this process's own. */
const BUSY_RETRY_AFTER_SECONDS = 1;

type Received = { readonly kind: 'received'; readonly body: unknown; readonly bytes: Buffer };
type Answer = { readonly kind: 'answer'; readonly reply: Reply } | { readonly kind: 'aborted' } | Fault;

/** Takes one request from its headers to its answer: authenticate → check → append → reply, for every dialect alike. */
export class IngestHandler {
  closing = false;

  constructor(
    private readonly admission: Admission,
    private readonly intake: Intake,
    private readonly rejections: RejectionLog,
    private readonly observer: IngestObserver,
    private readonly budget: InFlightBudget,
    private readonly decompressor: Decompressor,
  ) {}

  /** Never rejects. */
  async ingest(call: IngestCall<IngestRoute>): Promise<void> {
    const lease = this.budget.lease();
    try {
      this.finish(call, await this.serve(call, lease));
    } catch (error) {
      this.fail(call, error);
    } finally {
      lease.release();
    }
  }

  probe(call: IngestCall<ProbeRoute>): void {
    try {
      this.finish(call, this.serveProbe(call));
    } catch (error) {
      this.fail(call, error);
    }
  }

  private serveProbe(call: IngestCall<ProbeRoute>): Answer {
    if (this.closing) return { kind: 'unavailable', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
    const fault = this.admission.authenticate(call, claimOf(call) ?? { missing: 'credentials' });
    if (fault || !call.source) return fault ?? { kind: 'internal' };
    return { kind: 'answer', reply: call.lane.route.reply(call.source) };
  }

  private async serve(call: IngestCall<IngestRoute>, lease: InFlightLease): Promise<Answer> {
    if (this.closing) return { kind: 'unavailable', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
    const { route } = call.lane;
    const claim = claimOf(call);
    if (claim) {
      const fault = this.admission.authenticate(call, claim) ?? (await this.admission.takeTurn(call));
      if (fault) return fault;
    }
    const early = this.admission.shed(route) ?? headerFault(call);
    if (early) return early;
    const received = await this.receive(call, lease);
    if (received.kind !== 'received') return received;
    if (!claim) {
      const presented = call.dialect.claimFromBody?.(received.body) ?? { missing: 'credentials' };
      const fault = this.admission.authenticate(call, presented) ?? (await this.admission.takeTurn(call));
      if (fault) return fault;
    }
    return this.checkAndAppend(call, received);
  }

  private async receive(call: IngestCall<IngestRoute>, lease: InFlightLease): Promise<Received | Answer> {
    const { maxBodyBytes } = call.lane.route;
    const tooLarge: Fault = { kind: 'payload_too_large', maxBytes: maxBodyBytes };
    const collected = await collectBody(call.raw, maxBodyBytes, lease);
    if (collected.kind === 'aborted') return { kind: 'aborted' };
    if (collected.kind === 'too_large') return tooLarge;
    if (collected.kind === 'no_budget') return { kind: 'unavailable', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
    let { bytes } = collected;
    const encoding = encodingOf(call.raw.headers['content-encoding']);
    if (encoding !== undefined) {
      const plain = await this.decompressor.decompress(bytes, encoding, maxBodyBytes);
      if (plain.kind === 'too_large') return tooLarge;
      if (plain.kind !== 'decompressed') return { kind: plain.kind };
      if (!lease.take(plain.bytes.length)) return { kind: 'unavailable', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
      bytes = plain.bytes;
    }
    const parsed = parseJson(bytes);
    if (parsed.kind === 'too_deep') return { kind: 'bad_request', detail: 'JSON is nested too deeply' };
    return parsed.kind === 'parsed' ? { ...parsed, kind: 'received' } : parsed;
  }

  private async checkAndAppend(call: IngestCall<IngestRoute>, received: Received): Promise<Answer> {
    const { route } = call.lane;
    const { body, bytes } = received;
    const key = idempotencyKey(call);
    if (key !== undefined && key.length > MAX_IDEMPOTENCY_KEY_LENGTH) {
      return { kind: 'bad_request', detail: `Idempotency-Key is longer than ${MAX_IDEMPOTENCY_KEY_LENGTH} characters` };
    }
    const checked = route.check(body, { request: call.view, receivedAt: call.receivedAt });
    if (checked.kind === 'refused') {
      this.observer.refused(call.dialect.name, 'check');
      this.recordRejections(call, checked, checked.reply.status, body);
      return { kind: 'answer', reply: checked.reply };
    }
    if (checked.total === checked.rejected.length && key === undefined) {
      return this.settle(call, { kind: 'appended', checked, idAt: noId }, body);
    }
    const request = appendRequest(call, checked, call.dialect.scrub?.(bytes, body) ?? bytes, key, bytes);
    return this.settle(call, await this.intake.append(request), body);
  }

  private settle(call: IngestCall<IngestRoute>, result: AppendResult, body: unknown): Answer {
    const { route } = call.lane;
    switch (result.kind) {
      case 'conflict':
        return { kind: 'idempotency_conflict' };
      case 'shed': {
        const { retryAfterSeconds } = result;
        return { kind: route.ownQueueFull ? 'queue_full' : 'unavailable', retryAfterSeconds };
      }
      case 'unavailable':
        return result;
      case 'repeated':
        return { kind: 'answer', reply: route.reply(result.checked, result) };
      case 'appended': {
        const { checked } = result;
        const reply = route.reply(checked, result);
        this.observer.accepted(call.dialect.name, checked.total - checked.rejected.length);
        if (checked.rejected.length > 0) this.recordRejections(call, checked, reply.status, body);
        return { kind: 'answer', reply };
      }
    }
  }

  private recordRejections(
    call: IngestCall<IngestRoute>,
    found: Checked | Refused,
    status: number,
    body: unknown,
  ): void {
    const { name } = call.dialect;
    const { route } = call.lane;
    for (const { code } of found.rejected) this.observer.rejected(name, code, 1);
    const items = found.rejected.map((rejection) => {
      const item = route.itemAt?.(body, rejection.index);
      // What nests deeper could not be serialized again.
      return item === undefined || deeperThan(item, MAX_DEPTH) ? rejection : { ...rejection, item };
    });
    const { requestId } = call.view;
    const sourceId = call.source?.id ?? null;
    this.rejections.record({ requestId, sourceId, dialect: name, route: route.id, at: call.receivedAt, status, items });
  }

  private finish(call: IngestCall, answer: Answer): void {
    if (answer.kind === 'aborted') return;
    let reply: Reply;
    if (answer.kind === 'answer') reply = answer.reply;
    else {
      this.observer.refused(call.dialect.name, answer.kind);
      reply = faultReply(call.dialect, answer, call.view);
      drainBody(call.raw);
    }
    const rateHeaders = answer.kind === 'rate_limited' ? undefined : call.rateHeaders;
    const extra = this.closing ? { ...rateHeaders, Connection: 'close' } : rateHeaders;
    writeReply(call.response, call.view.requestId, reply, call.lane.cors, extra);
    this.observer.answered(call.dialect.name, call.lane.route.id, reply.status, performance.now() - call.startedAt);
  }

  private fail(call: IngestCall, error: unknown): void {
    this.observer.failed(call.dialect.name, call.view.requestId, error);
    this.finish(call, { kind: 'internal' });
  }
}

function noId(index: number): string {
  throw new RangeError(`event ${index} was refused and has no id`);
}

function idempotencyKey(call: IngestCall<IngestRoute>): string | undefined {
  const { idempotency } = call.lane.route;
  const key = idempotency && call.view.headers[idempotency.header];
  return key === '' ? undefined : key;
}

function appendRequest(
  call: IngestCall<IngestRoute>,
  checked: Checked,
  body: Buffer,
  key: string | undefined,
  received: Buffer,
): AppendRequest {
  const { route } = call.lane;
  const scope = route.idempotency?.scope === 'source' ? '' : route.id;
  const digest = route.idempotency?.compareBody ? { bodyDigest: sha256(received) } : undefined;
  return {
    requestId: call.view.requestId,
    sourceId: call.source?.id ?? '',
    dialect: call.dialect.name,
    route: route.id,
    headers: keptHeaders(call),
    receivedAt: call.receivedAt,
    body,
    checked,
    ...(key !== undefined && { idempotency: { key: `${scope}:${key}`, ...digest } }),
  };
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

function keptHeaders(call: IngestCall<IngestRoute>): Readonly<Record<string, string>> {
  const { keepHeaders } = call.lane.route;
  if (!keepHeaders) return NO_HEADERS;
  const present = keepHeaders.map((name) => [name, call.view.headers[name]] as const);
  return Object.fromEntries(present.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
