import { redactJson, type Log, type RedisConnections } from '#platform';
import { shardKeys, shardOfSource } from '../keys.js';
import type { RedisPulse } from '../redis-pulse.js';
import { recordRejectionsScript } from './rejection.script.js';

export interface RejectedItem {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
  readonly name?: string;
  /** As the caller sent it, without credentials; what is named like one is hidden when it is kept. */
  readonly item?: unknown;
}

export interface RejectedRequest {
  readonly requestId: string;
  readonly sourceId: string | null;
  readonly dialect: string;
  readonly route: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly status: number;
  readonly items: readonly RejectedItem[];
}

const MAX_BYTES_PER_SHARD = 4 * 1024 * 1024;
const MAX_AGE_MS = 7 * 86_400_000;
/** A larger item is listed without its content. */
const MAX_ITEM_CHARACTERS = 16_384;
const MAX_REQUEST_CHARACTERS = 1024 * 1024;
const FLUSH_MS = 50;
/** Characters that wait to be written; what is refused while there are more (Redis is away) is only counted by the metrics. */
const MAX_WAITING_CHARACTERS = 8 * 1024 * 1024;

/** Refused inbound items with their reason, kept by bytes and age. Writing never delays an answer. */
export class RejectionStore {
  private waiting = new Map<number, string[]>();
  /** Until they are written, or given up. */
  private waitingCharacters = 0;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: RedisConnections,
    private readonly pulse: Pick<RedisPulse, 'healthy'>,
    private readonly log: Log,
  ) {}

  record(rejected: RejectedRequest): void {
    if (this.waitingCharacters >= MAX_WAITING_CHARACTERS) return;
    const shard = shardOfSource(rejected.sourceId ?? '');
    const list = this.waiting.get(shard) ?? [];
    const text = textOf(rejected);
    list.push(text);
    this.waiting.set(shard, list);
    this.waitingCharacters += text.length;
    this.flushSoon();
  }

  /** One at a time: what a Redis that hangs was given stays in a socket's buffer. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  private flushSoon(): void {
    // The end writes what waits, or does without where Redis is away.
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  private async write(): Promise<void> {
    if (this.waiting.size === 0) return;
    if (!this.pulse.healthy) return this.flushSoon();
    const collected = [...this.waiting];
    this.waiting = new Map();
    const oldest = Date.now() - MAX_AGE_MS;
    await Promise.all(
      collected.map(async ([shard, texts]) => {
        const keys = [shardKeys.rejections(shard), shardKeys.counters(shard)];
        try {
          await recordRejectionsScript.run(this.redis.shared, keys, [MAX_BYTES_PER_SHARD, oldest, ...texts]);
        } catch (error) {
          this.log.warn({ requests: texts.length, error: String(error) }, 'rejections could not be kept');
        } finally {
          for (const text of texts) this.waitingCharacters -= text.length;
        }
      }),
    );
  }
}

function textOf(rejected: RejectedRequest): string {
  const tooLarge = new Set<object>();
  const text = JSON.stringify({ ...rejected, items: rejected.items.map((item) => shortened(item, tooLarge)) });
  if (text.length <= MAX_REQUEST_CHARACTERS) return text;
  return JSON.stringify({ ...rejected, items: rejected.items.map(({ item: _, ...rest }) => rest) });
}

function shortened(rejected: RejectedItem, tooLarge: Set<object>): RejectedItem {
  const { item, ...rest } = rejected;
  return roomLeft(item, MAX_ITEM_CHARACTERS, tooLarge) < 0 ? rest : { ...rejected, item: redactJson(item) };
}

/**
 * What is left of so many characters when the value is written out, roughly; negative as soon as it is too much. Items of
 * one request may share a part (Klaviyo's the profile): what was `tooLarge` once is not looked at again. Callers bound
 * the depth.
 */
function roomLeft(value: unknown, room: number, tooLarge: Set<object>): number {
  if (room < 0) return room;
  if (typeof value === 'string') return room - value.length;
  if (typeof value !== 'object' || value === null) return room - 8;
  if (tooLarge.has(value)) return -1;
  const left = Array.isArray(value)
    ? roomBesideElements(value, room - 2, tooLarge)
    : roomBesideMembers(value, room - 2, tooLarge);
  if (left < 0) tooLarge.add(value);
  return left;
}

function roomBesideElements(list: readonly unknown[], room: number, tooLarge: Set<object>): number {
  let left = room;
  for (const element of list) {
    left = roomLeft(element, left - 1, tooLarge);
    if (left < 0) break;
  }
  return left;
}

function roomBesideMembers(object: object, room: number, tooLarge: Set<object>): number {
  let left = room;
  for (const name in object) {
    left = roomLeft((object as Readonly<Record<string, unknown>>)[name], left - name.length - 4, tooLarge);
    if (left < 0) break;
  }
  return left;
}
