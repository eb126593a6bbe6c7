import type { Fault, IngestRoute, ProbeRoute, Rejection, Reply } from '../dialect.js';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import type { AppendRequest, AppendResult, IngestObserver, Intake, RejectedRequest, RejectionLog } from '../ports.js';
import { claimOf, headerFault, shedFault, type Admission } from './admission.js';
import { appendRequest, idempotencyKey, recallRequest } from './append-request.js';
import type { InFlightBudget, InFlightLease } from './in-flight-budget.js';
import { faultReply, writeReply, type IngestCall } from './ingest-call.js';
import { BodyReceiver, BUSY, type Received } from './receive-body.js';

const MAX_SEARCHED_BYTES = 32 * 1024 * 1024;

type Answer = { readonly kind: 'answer'; readonly reply: Reply } | { readonly kind: 'aborted' } | Fault;
type RefusedItems = RejectedRequest['items'];

/** What is left of a checked request while it is appended: the bytes, not the parsed body, which may weigh ten times as much. */
interface Prepared {
  readonly kind: 'prepared';
  readonly request: AppendRequest;
  readonly refusedItems: RefusedItems;
}

/** Takes one request from its headers to its answer: authenticate → check → append → reply, for every dialect alike. */
export class IngestHandler {
  closing = false;
  private readonly receiver = new BodyReceiver();

  constructor(
    private readonly admission: Admission,
    private readonly intake: Intake,
    private readonly rejections: RejectionLog,
    private readonly observer: IngestObserver,
    private readonly budget: InFlightBudget,
  ) {}

  /** Never rejects. */
  async ingest(call: IngestCall<IngestRoute>): Promise<void> {
    const lease = this.budget.lease();
    try {
      const prepared = await this.prepare(call, lease);
      const answer =
        prepared.kind === 'prepared'
          ? this.settle(call, await this.intake.append(prepared.request), prepared.refusedItems)
          : prepared;
      this.finish(call, answer);
    } catch (error) {
      this.fail(call, error);
    } finally {
      lease.release();
    }
  }

  /** Never rejects. */
  async probe(call: IngestCall<ProbeRoute>): Promise<void> {
    try {
      this.finish(call, await this.serveProbe(call));
    } catch (error) {
      this.fail(call, error);
    }
  }

  private async serveProbe(call: IngestCall<ProbeRoute>): Promise<Answer> {
    if (this.closing) return BUSY;
    const claim = claimOf(call) ?? { missing: 'credentials' };
    const fault = this.admission.authenticate(call, claim) ?? (await this.admission.takeTurn(call));
    if (fault || !call.source) return fault ?? { kind: 'internal' };
    return { kind: 'answer', reply: call.lane.route.reply(call.source) };
  }

  private async prepare(call: IngestCall<IngestRoute>, lease: InFlightLease): Promise<Prepared | Answer> {
    if (this.closing) return BUSY;
    const { route } = call.lane;
    const claim = claimOf(call);
    if (claim) {
      const fault = this.admission.authenticate(call, claim) ?? (await this.admission.takeTurn(call));
      if (fault) return fault;
    }
    const early = this.admission.shed(route) ?? headerFault(call);
    if (early) return early;
    const received = await this.receiver.receive(call, lease);
    if (received.kind !== 'received') return received;
    if (!claim) {
      const presented = call.dialect.claimFromBody?.(received.body) ?? { missing: 'credentials' };
      const fault = this.admission.authenticate(call, presented) ?? (await this.admission.takeTurn(call));
      if (fault) return fault;
    }
    return this.check(call, received);
  }

  private check(call: IngestCall<IngestRoute>, received: Received): Prepared | Answer | Promise<Answer> {
    const { route } = call.lane;
    const key = idempotencyKey(call);
    const maxKeyLength = route.idempotency?.maxKeyLength;
    if (key !== undefined && maxKeyLength !== undefined && key.length > maxKeyLength) {
      return { kind: 'bad_request', detail: `Idempotency-Key is longer than ${maxKeyLength} characters` };
    }
    const { receivedAt, view: request } = call;
    const checked = route.check(received.body, { request, receivedAt, bodyBytes: received.bytes.length });
    const refusedItems = itemsOf(route, checked.rejected, received);
    if (checked.kind === 'refused') {
      const { reply } = checked;
      const refuse = (): Answer => {
        this.observer.refused(call.dialect.name, 'check');
        this.recordRefused(call, refusedItems, reply.status);
        return { kind: 'answer', reply };
      };
      return key === undefined ? refuse() : this.unlessRepeated(call, received, key, refuse);
    }
    if (checked.total === checked.rejected.length && key === undefined) {
      return this.settle(call, { kind: 'appended', checked, idAt: noId }, refusedItems);
    }
    return { kind: 'prepared', request: appendRequest(call, checked, received, key), refusedItems };
  }

  /** A used key says more than the body: it repeats the first answer, or is itself what is wrong. */
  private async unlessRepeated(
    call: IngestCall<IngestRoute>,
    received: Received,
    key: string,
    refuse: () => Answer,
  ): Promise<Answer> {
    const repeat = await this.intake.recall(recallRequest(call, received, key));
    return repeat ? this.settle(call, repeat, []) : refuse();
  }

  private settle(call: IngestCall<IngestRoute>, result: AppendResult, refusedItems: RefusedItems): Answer {
    const { route } = call.lane;
    switch (result.kind) {
      case 'conflict':
        return { kind: 'idempotency_conflict' };
      case 'shed':
        return shedFault(route, result.retryAfterSeconds);
      case 'unavailable':
        return result;
      case 'repeated': {
        const first = call.dialect.routes.find(({ id }) => id === result.route) ?? route;
        return { kind: 'answer', reply: first.reply(result.checked, result) };
      }
      case 'appended': {
        const { checked } = result;
        const reply = route.reply(checked, result);
        this.observer.accepted(call.dialect.name, checked.total - checked.rejected.length);
        if (refusedItems.length > 0) this.recordRefused(call, refusedItems, reply.status);
        return { kind: 'answer', reply };
      }
    }
  }

  private recordRefused(call: IngestCall<IngestRoute>, items: RefusedItems, status: number): void {
    const { name } = call.dialect;
    for (const { code } of items) this.observer.rejected(name, code, 1);
    this.rejections.record({
      requestId: call.view.requestId,
      sourceId: call.source?.id ?? null,
      dialect: name,
      route: call.lane.route.id,
      at: call.receivedAt,
      status,
      items,
    });
  }

  private finish(call: IngestCall, answer: Answer): void {
    if (answer.kind === 'aborted') return;
    let reply: Reply;
    if (answer.kind === 'answer') reply = answer.reply;
    else {
      this.observer.refused(call.dialect.name, answer.kind);
      reply = faultReply(call.dialect, answer, call.view);
    }
    const rateHeaders = answer.kind === 'rate_limited' ? undefined : call.rateHeaders;
    const extra = this.closing ? { ...rateHeaders, Connection: 'close' } : rateHeaders;
    writeReply(call.response, call.view.requestId, reply, call.lane.cors, extra);
    this.observer.answered(call.dialect.name, call.lane.route.id, reply.status, performance.now() - call.startedAt);
  }

  private fail(call: IngestCall, error: unknown): void {
    try {
      this.observer.failed(call.dialect.name, call.view.requestId, error);
      this.finish(call, { kind: 'internal' });
    } catch {
      call.response.destroy();
    }
  }
}

/** What nests too deep is left out: it could not be serialized again. */
function itemsOf(route: IngestRoute, rejected: readonly Rejection[], { body, bytes }: Received): RefusedItems {
  if (rejected.length === 0) return rejected;
  const isFlat = !deeperThan(body, MAX_DEPTH);
  // Items may share a part, which each of them would be searched for again.
  if (!isFlat && rejected.length * bytes.length > MAX_SEARCHED_BYTES) return rejected;
  return rejected.map((rejection) => {
    const item = route.itemAt?.(body, rejection.index);
    return item === undefined || (!isFlat && deeperThan(item, MAX_DEPTH)) ? rejection : { ...rejection, item };
  });
}

function noId(index: number): string {
  throw new RangeError(`event ${index} was refused and has no id`);
}
