import { defineScript, type RedisConnections } from '#platform';
import { holdLease } from './work-lease.js';

/** A record with the text it was read as: writing needs to know that nobody else wrote since. */
export interface Stored<Item> {
  readonly record: Item;
  readonly text: string;
}

interface RecordKeys {
  /** Hash: id → JSON. */
  readonly records: string;
  /** Sorted set of the ids of those that have work to do, by creation (ms). */
  readonly active: string;
  /** Sorted set of the ids of those that are done, by when they may be forgotten (ms). */
  readonly expiring: string;
  /** String: who works on it. */
  lease(id: string): string;
}

/** A sorted set that is kept as long as the record, and what is added to it in the step that writes the record. */
export interface RecordList {
  readonly key: string;
  readonly added?: { readonly score: number; readonly member: string };
}

/**
 * Writes a record's next state if it is still what the writer read, keeps it among the active ones while it runs, and
 * forgets some whose time is over.
 * KEYS: 1 records, 2 active, 3 expiring, 4 its list if it has one. ARGV: 1 id, 2 state as read ('' for a new one), 3 new
 * state, 4 '1' while active, 5 created (ms), 6 how long it is kept once it is done (ms) or '', then score and member of what
 * is added to the list. Returns 1 if written.
 */
const saveRecordScript = defineScript(
  'gwSaveRecord',
  `
local old = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if old ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[4] ~= '1' and ARGV[6] ~= '' then redis.call('ZADD', KEYS[3], string.format('%d', now + ARGV[6]), ARGV[1]) end
if KEYS[4] then
  if ARGV[8] then redis.call('ZADD', KEYS[4], ARGV[7], ARGV[8]) end
  if ARGV[4] == '1' then redis.call('PERSIST', KEYS[4]) elseif ARGV[6] ~= '' then redis.call('PEXPIRE', KEYS[4], ARGV[6]) end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%d', now), 'LIMIT', 0, 100)) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[3], id)
end
return 1
`,
);

/** Long work that outlives its process: each piece is a record, and one process at a time works on it. */
export class RecordStore<Item extends { readonly id: string; readonly createdAt: string }> {
  constructor(
    protected readonly redis: RedisConnections,
    private readonly keys: RecordKeys,
    private readonly read: (text: string) => Item,
    private readonly isActive: (record: Item) => boolean,
    /** How long a record is kept once it is done (ms); undefined: for good. */
    private readonly keptMs: (record: Item) => number | undefined,
  ) {}

  create(record: Item): Promise<Stored<Item> | undefined> {
    return this.write('', record);
  }

  /** Undefined if the record has changed since it was read. */
  save(stored: Stored<Item>, record: Item): Promise<Stored<Item> | undefined> {
    return this.write(stored.text, record);
  }

  async find(id: string): Promise<Stored<Item> | undefined> {
    const text = await this.redis.shared.hget(this.keys.records, id);
    return text === null ? undefined : { record: this.read(text), text };
  }

  /** In no order. */
  ids(): Promise<string[]> {
    return this.redis.shared.hkeys(this.keys.records);
  }

  /** Oldest first. */
  activeIds(): Promise<string[]> {
    return this.redis.shared.zrange(this.keys.active, 0, '-1');
  }

  /** Only one process works on a record at a time; the lease ends by itself. */
  lease(id: string, owner: string, ms: number): Promise<boolean> {
    return holdLease(this.redis, this.keys.lease(id), owner, ms);
  }

  protected async write(before: string, record: Item, list?: RecordList): Promise<Stored<Item> | undefined> {
    const text = JSON.stringify(record);
    const { records, active, expiring } = this.keys;
    const keys = [records, active, expiring, ...(list ? [list.key] : [])];
    const added = list?.added ? [list.added.score, list.added.member] : [];
    const isActive = this.isActive(record) ? '1' : '0';
    const values = [record.id, before, text, isActive, Date.parse(record.createdAt), this.keptMs(record) ?? ''];
    const written = await saveRecordScript.run(this.redis.shared, keys, [...values, ...added]);
    return written === 1 ? { record, text } : undefined;
  }
}
