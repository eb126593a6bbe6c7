import { messageOf, type RedisConnections } from '#platform';
import { shardKeys } from '../keys.js';
import type { RedisPulse } from '../redis-pulse.js';
import { encodeSegment, type EncodedSegment } from '../segment/segment-format.js';
import { eventId, MAX_SEGMENT_POSITIONS, newSegmentId } from '../segment/segment-id.js';
import { appendArguments, hasKeys, place, repeatOf, requestHeader, type Placed } from './append-arguments.js';
import type { IntakeRequest, IntakeResult } from './append-request.js';
import { appendScript } from './append.script.js';
import type { QueuedBudget } from './queued-budget.js';

/** How long a request may take at the most before the caller gets its 503. */
const COMMIT_TIMEOUT_MS = 1_500;
const MAX_GROUP_BYTES = 2 * 1024 * 1024;
const MAX_GROUP_REQUESTS = 512;
/**
 * With a write under way, a further one starts early only for this much; less waits and shares. Without it, clients that
 * wait for their answers would all wait for the same write, and nothing would be done meanwhile.
 */
const EARLY_BYTES = 128 * 1024;
const EARLY_REQUESTS = 32;
const MAX_IN_FLIGHT = 4;
const RETRY_AFTER_SECONDS = 1;

interface Waiting {
  readonly request: IntakeRequest;
  readonly settle: (result: IntakeResult) => void;
}

/** Queued bytes, and per request with a key the stored record of a repeat or ''; or one of the two below. */
type AppendReply = readonly [bytes: number, ...records: string[]];

const TOO_LATE = -1;
const EXISTS = -2;

export interface CommitListener {
  /** A segment of this shard is ready to be routed: how long it took to make it durable, and what is new in it. */
  (shard: number, tookMs: number, appended: readonly IntakeRequest[]): void;
}

/**
 * Group commit for one shard: requests that arrive while a write is under way share the next one. Each is answered
 * only after its own events are durable.
 */
export class ShardCommitter {
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private inFlight = 0;
  private scheduled = false;

  constructor(
    private readonly shard: number,
    private readonly redis: RedisConnections,
    private readonly pulse: RedisPulse,
    private readonly budget: QueuedBudget,
    private readonly onCommit: CommitListener,
  ) {}

  add(request: IntakeRequest): Promise<IntakeResult> {
    return new Promise((settle) => {
      this.waiting.push({ request, settle });
      this.waitingBytes += request.body.length;
      if (this.scheduled) return;
      this.scheduled = true;
      // One turn of the loop: requests that were read from their sockets together are written together.
      setImmediate(() => {
        this.scheduled = false;
        this.pump();
      });
    });
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.mayStart()) {
      const group = this.takeGroup();
      this.inFlight++;
      void this.commit(group).finally(() => {
        this.inFlight--;
        this.pump();
      });
    }
  }

  private mayStart(): boolean {
    if (this.inFlight === 0) return true;
    const early = this.waitingBytes >= EARLY_BYTES || this.waiting.length >= EARLY_REQUESTS;
    return early && this.inFlight < MAX_IN_FLIGHT;
  }

  private takeGroup(): readonly Waiting[] {
    let positions = 0;
    let bytes = 0;
    let count = 0;
    for (const { request } of this.waiting) {
      positions += request.checked.total;
      bytes += request.body.length;
      const full = positions > MAX_SEGMENT_POSITIONS || bytes > MAX_GROUP_BYTES || count >= MAX_GROUP_REQUESTS;
      if (full && count > 0) break;
      count++;
    }
    const group = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    for (const { request } of group) this.waitingBytes -= request.body.length;
    return group;
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    try {
      await this.write(group);
    } catch (error) {
      this.pulse.suspect(`Redis refused a write: ${messageOf(error)}`);
      // What still waits would only meet the same fault, and later than its caller may wait.
      this.refuse(group);
      this.refuse(this.waiting.splice(0));
      this.waitingBytes = 0;
    }
  }

  private refuse(group: readonly Waiting[]): void {
    for (const { settle } of group) settle({ kind: 'unavailable', retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    const started = Date.now();
    const placed = place(group.map(({ request }) => request));
    const segment = await encodeSegment(
      placed.map(requestHeader),
      group.map(({ request }) => request.body),
    );
    const deadline = this.pulse.now() + COMMIT_TIMEOUT_MS - (Date.now() - started);
    const appendedFrom = performance.now();
    const { segmentId, reply } = await this.append(placed, segment, deadline);
    await this.redis.replicated(this.redis.ingest, shardKeys.counters(this.shard));
    const tookMs = performance.now() - appendedFrom;
    const [bytes, ...records] = reply;
    if (bytes === TOO_LATE) throw new Error('the write reached Redis too late');
    this.budget.report(this.shard, bytes);
    let keyed = 0;
    const appended: IntakeRequest[] = [];
    group.forEach(({ request, settle }, i) => {
      const stored = hasKeys(request) ? (records[keyed++] ?? '') : '';
      const result = resultOf(request, stored, segmentId, placed[i]?.base ?? 0);
      if (result.kind === 'appended') appended.push(request);
      settle(result);
    });
    this.onCommit(this.shard, tookMs, appended);
  }

  private async append(
    placed: readonly Placed[],
    segment: EncodedSegment,
    deadline: number,
  ): Promise<{ readonly segmentId: string; readonly reply: AppendReply }> {
    for (;;) {
      const now = Date.now();
      const segmentId = newSegmentId(this.shard, now);
      const { keys, values } = appendArguments(this.shard, segmentId, segment, placed, now, deadline);
      const reply = (await appendScript.run(this.redis.ingest, keys, values)) as AppendReply;
      if (reply[0] !== EXISTS) return { segmentId, reply };
    }
  }
}

function resultOf(request: IntakeRequest, stored: string, segmentId: string, base: number): IntakeResult {
  if (stored === '') {
    return { kind: 'appended', checked: request.checked, idAt: (index) => eventId(segmentId, base + index) };
  }
  return repeatOf(stored, request.idempotency?.bodyDigest);
}
