import type {
  AppendRequest,
  AppendResult,
  Dialect,
  Grant,
  KnownSource,
  RateVerdict,
  RecallRequest,
  RepeatResult,
  RejectedRequest,
  Rejection,
} from '#dialects';
import { IngestObserver, Intake, RejectionLog, RequestLimiter, SourceDirectory } from '#dialects';
import type { RateWindow } from '#destinations';
import type { Golden, GoldenState } from './golden.js';

const base36 = (value: number): string => value.toString(36).padStart(2, '0');

/** The id of the event at a position of the n-th appended request. */
export function memoryId(request: number, position: number): string {
  return `evt_${base36(request)}${'0'.repeat(16)}${base36(position)}`;
}

/** The world around one case: what the ports answer, and what they were told. */
export class World {
  readonly appended: AppendRequest[] = [];
  readonly rejected: Rejection[] = [];
  readonly failures: unknown[] = [];
  readonly state: GoldenState | undefined;
  readonly now: number;
  private readonly source: Golden['source'];
  private readonly keys = new Map<string, { readonly request: number; readonly append: AppendRequest }>();
  private requestCount = 0;

  constructor(
    readonly dialect: Dialect,
    golden: Pick<Golden, 'source' | 'receivedAt' | 'state'>,
  ) {
    this.source = golden.source;
    this.state = golden.state;
    this.now = Date.parse(golden.receivedAt);
  }

  newRequestId(): string {
    return `req_${(++this.requestCount).toString(36).padStart(24, '0')}`;
  }

  find(dialect: string, token: string): { readonly source: KnownSource; readonly grant: Grant } | undefined {
    if (!this.source || dialect !== this.dialect.name) return undefined;
    const { credentials, name = 'Golden', enabled = true, rateLimit } = this.source;
    const known = this.dialect.credentials.tokens(credentials).find((entry) => entry.token === token);
    return known && { source: { id: 'src-1', name, enabled, ...(rateLimit && { rateLimit }) }, grant: known.grant };
  }

  append(request: AppendRequest): AppendResult {
    if (this.state === 'crash') throw new Error('secret detail of a crash');
    if (this.state === 'unavailable') return { kind: 'unavailable', retryAfterSeconds: 2 };
    const { idempotency } = request;
    const repeat = idempotency && this.recall({ ...request, idempotency });
    if (repeat) return repeat;
    const number = this.appended.push(request) - 1;
    if (idempotency) this.keys.set(idempotency.key, { request: number, append: request });
    return { kind: 'appended', checked: request.checked, idAt: (index) => memoryId(number, index) };
  }

  recall({ idempotency }: RecallRequest): RepeatResult | undefined {
    const first = this.keys.get(idempotency.key);
    if (!first) return undefined;
    const { route, checked } = first.append;
    if (first.append.idempotency?.bodyDigest !== idempotency.bodyDigest) return { kind: 'conflict' };
    return { kind: 'repeated', route, checked, idAt: (index) => memoryId(first.request, index) };
  }

  take(windows: readonly RateWindow[]): RateVerdict {
    if (this.state === 'limited') return { kind: 'limited', retryAfterSeconds: 7 };
    const longest = [...windows].sort((a, b) => b.perSeconds - a.perSeconds)[0];
    return { kind: 'allowed', state: { windows, remaining: (longest?.requests ?? 1) - 1, resetSeconds: 37 } };
  }
}

/** Holds the case that runs; the server outlives it. */
export interface Stage {
  world: World;
}

class StageSources extends SourceDirectory {
  constructor(private readonly stage: Stage) {
    super();
  }
  override find(dialect: string, token: string) {
    return this.stage.world.find(dialect, token);
  }
}

class StageIntake extends Intake {
  constructor(private readonly stage: Stage) {
    super();
  }
  override shedding(): boolean {
    return this.stage.world.state === 'shedding';
  }
  override async append(request: AppendRequest): Promise<AppendResult> {
    await Promise.resolve();
    return this.stage.world.append(request);
  }
  override async recall(request: RecallRequest): Promise<RepeatResult | undefined> {
    await Promise.resolve();
    return this.stage.world.recall(request);
  }
}

class StageRejections extends RejectionLog {
  constructor(private readonly stage: Stage) {
    super();
  }
  override record({ items }: RejectedRequest): void {
    for (const { item: _item, ...rejection } of items) this.stage.world.rejected.push(rejection);
  }
}

class StageLimiter extends RequestLimiter {
  constructor(private readonly stage: Stage) {
    super();
  }
  override take(_sourceId: string, _bucket: string, windows: readonly RateWindow[]): RateVerdict {
    return this.stage.world.take(windows);
  }
}

class StageObserver extends IngestObserver {
  constructor(private readonly stage: Stage) {
    super();
  }
  override accepted(): void {}
  override rejected(): void {}
  override refused(): void {}
  override answered(): void {}
  override failed(_dialect: string, _requestId: string, error: unknown): void {
    this.stage.world.failures.push(error);
  }
}

/** The five ports, answering from whatever world is on stage. */
export function stagePorts(stage: Stage) {
  return {
    sources: new StageSources(stage),
    intake: new StageIntake(stage),
    rejections: new StageRejections(stage),
    limiter: new StageLimiter(stage),
    observer: new StageObserver(stage),
  };
}
