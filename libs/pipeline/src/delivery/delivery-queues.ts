import { DelayedError, Queue, Worker, type ConnectionOptions, type Job } from 'bullmq';
import type { Log, RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';

export interface BatchJob {
  readonly batchId: string;
  /** Since when the batch is held by pause, breaker or rate limit (ms). */
  readonly heldSince?: number;
  /** For how long it was held before, and no request was sent since (ms). */
  readonly heldMs?: number;
}

export interface HeldJob {
  readonly data: BatchJob;
  /** Puts the job off without counting it as a failure. Throws: it ends the processing. */
  putOff(delayMs: number, data?: BatchJob): Promise<never>;
}

export type BatchProcessor = (destinationId: string, job: HeldJob, signal: AbortSignal) => Promise<void>;

interface Entry {
  readonly queue: Queue<BatchJob>;
  worker: Worker<BatchJob> | undefined;
  idleSince: number;
}

const QUEUE_NAME = 'deliver';
/** A killed worker's jobs are taken over after this at the latest, in milliseconds. */
const LOCK_MS = 6_000;
const STALLED_CHECK_MS = 2_000;
/** A destination without work for so long gives its connections back, in milliseconds. */
const IDLE_MS = 60_000;

/** One BullMQ queue per destination, made when there is work and closed when there is none. */
export class DeliveryQueues {
  private readonly entries = new Map<string, Entry>();
  private stopping = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly process: BatchProcessor,
    private readonly log: Log,
  ) {}

  /** Repeating it for the same batch changes nothing while its job exists. */
  async add(destinationId: string, concurrency: number, batchIds: readonly string[]): Promise<void> {
    if (batchIds.length === 0) return;
    const entry = this.work(destinationId, concurrency);
    const options = { removeOnComplete: true, removeOnFail: true };
    await entry.queue.addBulk(
      batchIds.map((batchId) => ({ name: 'batch', data: { batchId }, opts: { ...options, jobId: batchId } })),
    );
  }

  /** Has a worker in this process run the destination's jobs. */
  work(destinationId: string, concurrency: number): Entry {
    const entry = this.entries.get(destinationId) ?? this.open(destinationId);
    entry.idleSince = Date.now();
    if (this.stopping) return entry;
    if (!entry.worker) {
      entry.worker = this.startWorker(destinationId, concurrency);
      void entry.queue.setGlobalConcurrency(concurrency).catch((error: unknown) => this.fault(destinationId, error));
    } else if (entry.worker.concurrency !== concurrency) {
      entry.worker.concurrency = concurrency;
      void entry.queue.setGlobalConcurrency(concurrency).catch((error: unknown) => this.fault(destinationId, error));
    }
    return entry;
  }

  /** Another process may have taken the queue away, with a destination that was created again since: its bound is gone then. */
  async keepBound(destinationId: string, concurrency: number): Promise<void> {
    await this.entries.get(destinationId)?.queue.setGlobalConcurrency(concurrency);
  }

  /** Everything that was put off is looked at now: the reason for waiting has ended. */
  async hurry(destinationId: string): Promise<void> {
    await this.entries.get(destinationId)?.queue.promoteJobs();
  }

  async closeIdle(): Promise<void> {
    const before = Date.now() - IDLE_MS;
    for (const [destinationId, entry] of this.entries) {
      if (entry.idleSince < before) await this.close(destinationId);
    }
  }

  /** Forgets the destination's jobs for good. */
  async remove(destinationId: string): Promise<void> {
    const entry = this.entries.get(destinationId) ?? this.open(destinationId);
    await entry.worker?.close(true);
    entry.worker = undefined;
    await entry.queue.obliterate({ force: true });
    await this.close(destinationId);
  }

  /** Finishes what is being sent, at most until `graceMs` have passed; the rest is left for the next start. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const workers = [...this.entries.values()].flatMap(({ worker }) => (worker ? [worker] : []));
    const timer = setTimeout(() => workers.forEach((worker) => worker.cancelAllJobs()), graceMs);
    await Promise.all(workers.map((worker) => worker.close()));
    clearTimeout(timer);
    await Promise.all([...this.entries.values()].map(({ queue }) => queue.close()));
    this.entries.clear();
  }

  private async close(destinationId: string): Promise<void> {
    const entry = this.entries.get(destinationId);
    this.entries.delete(destinationId);
    await entry?.worker?.close();
    await entry?.queue.close();
  }

  private open(destinationId: string): Entry {
    const queue = new Queue<BatchJob>(QUEUE_NAME, {
      ...this.queueOptions(destinationId),
      streams: { events: { maxLen: 100 } },
    });
    queue.on('error', (error) => this.fault(destinationId, error));
    const entry: Entry = { queue, worker: undefined, idleSince: Date.now() };
    this.entries.set(destinationId, entry);
    return entry;
  }

  private startWorker(destinationId: string, concurrency: number): Worker<BatchJob> {
    const worker = new Worker<BatchJob>(
      QUEUE_NAME,
      async (job, token, signal) =>
        this.process(destinationId, heldJob(job, token), signal ?? new AbortController().signal),
      {
        ...this.queueOptions(destinationId),
        concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        // A job outlives any number of killed workers.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      },
    );
    worker.on('error', (error) => this.fault(destinationId, error));
    worker.on('failed', (_job, error) => this.fault(destinationId, error));
    return worker;
  }

  private queueOptions(destinationId: string): { connection: ConnectionOptions; prefix: string } {
    return {
      connection: this.redis.forQueues(),
      prefix: destinationKeys.queuePrefix(destinationId),
    };
  }

  private fault(destinationId: string, error: unknown): void {
    if (!this.stopping) this.log.warn({ destinationId, error: String(error) }, 'delivery queue fault');
  }
}

function heldJob(job: Job<BatchJob>, token: string | undefined): HeldJob {
  return {
    data: job.data,
    putOff: async (delayMs, data) => {
      if (data) await job.updateData(data);
      await job.moveToDelayed(Date.now() + delayMs, token);
      throw new DelayedError();
    },
  };
}
