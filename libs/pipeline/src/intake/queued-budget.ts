import type { RedisConnections, RedisMemory } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';

const POLL_MS = 250;
/** Shedding ends below this share of the budget. */
const RESUME_SHARE = 0.9;

/**
 * Above this share of Redis' `maxmemory` nothing more is accepted, whatever the count says: small events cost more memory
 * than bytes, and deliveries need to write before they can free any.
 */
const MAX_MEMORY_FILL = 0.9;
const RESUME_MEMORY_FILL = 0.85;

/** Where Redis has no bound. */
const DEFAULT_MAX_BYTES = 1024 ** 3;
/** Of what Redis may use, over all masters. */
const SHARE_OF_MEMORY = 0.75;

/** Bytes that wait in Redis, over all shards, against `MAX_QUEUED_BYTES`, and the memory that is left. */
export class QueuedBudget {
  private readonly bytesByShard: number[] = ALL_SHARDS.map(() => 0);
  private timer: NodeJS.Timeout | undefined;
  private memory: RedisMemory = { boundBytes: 0, fill: 0 };
  private stopped = false;
  private exceeded = false;
  private memoryShort = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuredBytes: number | undefined,
  ) {}

  /** As configured, or a share of what Redis may use at this time. */
  get maxBytes(): number {
    const { boundBytes } = this.memory;
    return this.configuredBytes ?? (boundBytes === 0 ? DEFAULT_MAX_BYTES : Math.floor(boundBytes * SHARE_OF_MEMORY));
  }

  /** How full the fullest master is, 1 being its `maxmemory`; 0: none has a bound. */
  get memoryFill(): number {
    return this.memory.fill;
  }

  get queuedBytes(): number {
    return this.bytesByShard.reduce((sum, bytes) => sum + bytes, 0);
  }

  shedding(): boolean {
    return this.exceeded || this.memoryShort;
  }

  /** Why requests are shed, in sentences; empty: they are not. */
  reasons(): readonly string[] {
    const fill = Math.round(this.memory.fill * 100);
    return [
      ...(this.exceeded
        ? [`${this.queuedBytes} bytes wait to be delivered, MAX_QUEUED_BYTES is ${this.maxBytes}`]
        : []),
      ...(this.memoryShort ? [`Redis uses ${fill} % of its maxmemory`] : []),
    ];
  }

  async start(): Promise<void> {
    await this.poll();
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), POLL_MS).unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** What a script said of one shard: fresher than the poll. */
  report(shard: number, bytes: number): void {
    this.bytesByShard[shard] = bytes;
    this.judge();
  }

  private async poll(): Promise<void> {
    try {
      const [memory, ...counts] = await Promise.all([
        this.redis.memory(),
        ...ALL_SHARDS.map((shard) => this.redis.shared.hget(shardKeys.counters(shard), 'bytes')),
      ]);
      this.memory = memory;
      counts.forEach((bytes, shard) => (this.bytesByShard[shard] = Number(bytes ?? 0)));
      this.judge();
    } catch {
      // Redis is away: the pulse says so, and the last known figure stands.
    }
  }

  private judge(): void {
    const bytes = this.queuedBytes;
    if (bytes > this.maxBytes) this.exceeded = true;
    else if (bytes < this.maxBytes * RESUME_SHARE) this.exceeded = false;
    if (this.memory.fill > MAX_MEMORY_FILL) this.memoryShort = true;
    else if (this.memory.fill < RESUME_MEMORY_FILL) this.memoryShort = false;
  }
}
