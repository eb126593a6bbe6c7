import { messageOf, type RedisConnections } from '#platform';

const INTERVAL_MS = 1_000;
/** An answer so old says nothing about now, to whoever asks about now. */
const FRESH_MS = 50;

/**
 * Whether Redis takes writes, as of at most a second ago, and how far its clock is from ours. While it does not answer,
 * nobody writes to it: what was refused must not be written later from a socket's buffer.
 */
export class RedisPulse {
  private fault: string | undefined = 'Redis has not answered yet';
  private offsetMs = 0;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly name: string,
    private readonly onWritten: (tookMs: number) => void = () => undefined,
  ) {}

  /** Why Redis cannot take a write, or undefined. */
  get reason(): string | undefined {
    return this.fault;
  }

  get healthy(): boolean {
    return this.fault === undefined;
  }

  /** As `reason`, but of this moment: waits for an answer of Redis, however long that takes. */
  async verify(): Promise<string | undefined> {
    if (this.healthy && performance.now() - this.answeredAt > FRESH_MS) await this.check();
    return this.fault;
  }

  /** Redis' clock, in milliseconds since 1970. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  async start(): Promise<void> {
    await this.check();
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** A write failed: nothing is written until Redis has answered again. */
  suspect(reason: string): void {
    this.fault = reason;
    void this.check();
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.check().finally(() => this.schedule()), this.healthy ? INTERVAL_MS : 100);
    this.timer.unref();
  }

  private check(): Promise<void> {
    this.checking ??= this.beat().finally(() => (this.checking = undefined));
    return this.checking;
  }

  private async beat(): Promise<void> {
    try {
      const started = performance.now();
      const key = `gw:{pulse}:${this.name}`;
      await this.redis.ingest.set(key, '1', 'EX', 60);
      await this.redis.replicated(this.redis.ingest, key);
      this.onWritten(performance.now() - started);
      const before = Date.now();
      const [seconds = 0, microseconds = 0] = await this.redis.ingest.time();
      const after = Date.now();
      this.offsetMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (before + after) / 2;
      this.fault = undefined;
      this.answeredAt = performance.now();
    } catch (error) {
      this.fault = `Redis does not take writes: ${messageOf(error)}`;
    }
  }
}
