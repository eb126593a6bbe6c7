import { defineScript, type RedisConnections } from '#platform';

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
  /** String: who works on it. */
  lease(id: string): string;
}

/**
 * Writes a record's next state if it is still what the writer read, and keeps it among the active ones while it runs.
 * KEYS: 1 records, 2 active. ARGV: 1 id, 2 state as read ('' for a new one), 3 new state, 4 '1' while active,
 * 5 created (ms). Returns 1 if written.
 */
const saveRecordScript = defineScript(
  'gwSaveRecord',
  `
local old = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if old ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`,
);

/** Long work that outlives its process: each piece is a record, and one process at a time works on it. */
export class RecordStore<Item extends { readonly id: string; readonly createdAt: string }> {
  constructor(
    private readonly redis: RedisConnections,
    private readonly keys: RecordKeys,
    private readonly read: (text: string) => Item,
    private readonly isActive: (record: Item) => boolean,
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
  async lease(id: string, owner: string, ms: number): Promise<boolean> {
    const key = this.keys.lease(id);
    if ((await this.redis.shared.set(key, owner, 'PX', ms, 'NX')) === 'OK') return true;
    if ((await this.redis.shared.get(key)) !== owner) return false;
    await this.redis.shared.pexpire(key, ms);
    return true;
  }

  private async write(before: string, record: Item): Promise<Stored<Item> | undefined> {
    const text = JSON.stringify(record);
    const values = [record.id, before, text, this.isActive(record) ? '1' : '0', Date.parse(record.createdAt)];
    const written = await saveRecordScript.run(this.redis.shared, [this.keys.records, this.keys.active], values);
    return written === 1 ? { record, text } : undefined;
  }
}
