import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  flokitItem,
  metricOf,
  openLine,
  readinessOf,
  send,
  startGateway,
  startRedis,
  until,
  type FlokitBatchAnswer,
  type Gateway,
  type Line,
  type TestRedis,
} from '../../support/index.js';

export interface FillSettings {
  /** `MAX_QUEUED_BYTES`. */
  readonly maxQueuedBytes: number;
  /** How long requests go on being sent, and refused, once the queue is full. */
  readonly fullMs: number;
}

/** One look at the installation. */
export interface Sample {
  /** Since the first request. */
  readonly atMs: number;
  readonly phase: 'filling' | 'full' | 'draining' | 'rest';
  readonly queuedBytes: number;
  readonly gatewayRssBytes: number;
  readonly redisUsedBytes: number;
  readonly isReady: boolean;
  readonly acknowledged: number;
  readonly delivered: number;
}

export interface FillResult {
  readonly curve: readonly Sample[];
  readonly acknowledged: number;
  readonly refused: number;
  readonly lost: number;
  readonly deliveredAgain: number;
  /** What `/health/ready` named while load was shed. */
  readonly culprits: readonly string[];
  /** From the moment the destination was back until requests were accepted again. */
  readonly recoveredMs: number;
}

const SAMPLE_MS = 250;
const SENDERS = 4;
const ITEMS_PER_REQUEST = 50;
const PATIENCE_MS = 300_000;

/** A destination is down, events are poured in until load is shed, and then it comes back. */
export async function fill(settings: FillSettings): Promise<FillResult> {
  const redis = await startRedis();
  const gateway = await startGateway({
    env: {
      REDIS_URL: redis.url,
      ADMIN_TOKEN: 'token-of-the-operator',
      ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
      LOG_LEVEL: 'error',
      MAX_QUEUED_BYTES: String(settings.maxQueuedBytes),
      // What is delivered stays as history for as long as it may; here its room is to be seen coming back.
      HISTORY_MAX_BYTES: String(Math.round(settings.maxQueuedBytes / 16)),
    },
  });
  const run = new FillRun(gateway, redis, await openLine(gateway, { retry: { maxDelayMs: 500, minDelayMs: 50 } }));
  return run.run(settings);
}

class FillRun {
  private readonly acknowledged = new Set<string>();
  private readonly curve: Sample[] = [];
  private readonly startedAt = Date.now();
  private phase: Sample['phase'] = 'filling';
  private refused = 0;
  private isPouring = true;

  constructor(
    private readonly gateway: Gateway,
    private readonly redis: TestRedis,
    private readonly line: Line,
  ) {}

  async run({ fullMs }: FillSettings): Promise<FillResult> {
    await this.line.sink.down();
    const sampling = this.sampleUntilRest();
    const pouring = Promise.all(Array.from({ length: SENDERS }, () => this.pour()));
    await until(() => this.refused > 0, { timeoutMs: PATIENCE_MS, what: 'load to be shed' });
    this.phase = 'full';
    await delay(fullMs);
    const { culprits } = await readinessOf(this.gateway);
    this.phase = 'draining';
    const backAt = Date.now();
    await this.line.sink.up();
    await until(async () => (await readinessOf(this.gateway)).status === 200, { timeoutMs: PATIENCE_MS });
    const recoveredMs = Date.now() - backAt;
    this.isPouring = false;
    await pouring;
    await until(() => this.nothingWaits(), { timeoutMs: PATIENCE_MS, what: 'everything to be delivered' });
    this.phase = 'rest';
    await sampling;
    return { curve: this.curve, ...this.account(), culprits, recoveredMs };
  }

  /** Goes on while it is refused, as clients do. */
  private async pour(): Promise<void> {
    while (this.isPouring) {
      const items = Array.from({ length: ITEMS_PER_REQUEST }, () =>
        flokitItem('poured', { properties: { noise: randomBytes(600).toString('base64') } }),
      );
      const { status, text } = await this.line.sender.batch(items);
      if (status === 200) {
        for (const id of (JSON.parse(text) as FlokitBatchAnswer).event_ids) this.acknowledged.add(id);
        continue;
      }
      if (status !== 503) throw new Error(`poured events were answered ${status}: ${text}`);
      this.refused += 1;
      await delay(100);
    }
  }

  private async nothingWaits(): Promise<boolean> {
    return (await this.line.stats()).waiting === 0 && (await metricOf(this.gateway, 'gateway_queued_bytes')) === 0;
  }

  private async sampleUntilRest(): Promise<void> {
    for (;;) {
      const { phase } = this;
      const sample = await this.sample(phase);
      this.curve.push(sample);
      if (phase === 'rest') return;
      await delay(SAMPLE_MS);
    }
  }

  private async sample(phase: Sample['phase']): Promise<Sample> {
    const info = await send(this.redis.socketPath, 'INFO memory');
    const status = await readFile(`/proc/${this.gateway.pid}/status`, 'utf8').catch(() => '');
    return {
      atMs: Date.now() - this.startedAt,
      phase,
      queuedBytes: await metricOf(this.gateway, 'gateway_queued_bytes'),
      gatewayRssBytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024,
      redisUsedBytes: Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0),
      isReady: (await readinessOf(this.gateway)).status === 200,
      acknowledged: this.acknowledged.size,
      delivered: (await this.line.stats()).delivered,
    };
  }

  private account(): Pick<FillResult, 'acknowledged' | 'refused' | 'lost' | 'deliveredAgain'> {
    const arrived = this.line.arrived('poured');
    const distinct = new Set(arrived);
    return {
      acknowledged: this.acknowledged.size,
      refused: this.refused,
      lost: [...this.acknowledged].filter((id) => !distinct.has(id)).length,
      deliveredAgain: arrived.length - distinct.size,
    };
  }
}
