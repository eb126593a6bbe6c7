import type { RedisConnections } from '#platform';
import { replayKeys } from '../keys.js';
import { readReplay, type ReplayRecord } from './replay-record.js';
import { saveReplayScript } from './replay.scripts.js';

/** A record with the text it was read as: writing needs to know that nobody else wrote since. */
export interface StoredReplay {
  readonly record: ReplayRecord;
  readonly text: string;
}

const isActive = ({ state }: ReplayRecord): boolean => state === 'counting' || state === 'running';

export class ReplayStore {
  constructor(private readonly redis: RedisConnections) {}

  create(record: ReplayRecord): Promise<StoredReplay | undefined> {
    return this.write('', record);
  }

  /** Undefined if the record has changed since it was read. */
  save(stored: StoredReplay, record: ReplayRecord): Promise<StoredReplay | undefined> {
    return this.write(stored.text, record);
  }

  async find(id: string): Promise<StoredReplay | undefined> {
    const text = await this.redis.shared.hget(replayKeys.replays, id);
    return text === null ? undefined : { record: readReplay(text), text };
  }

  /** Oldest first. */
  activeIds(): Promise<string[]> {
    return this.redis.shared.zrange(replayKeys.active, 0, '-1');
  }

  /** Only one process works on a replay at a time; the lease ends by itself. */
  async lease(id: string, owner: string, ms: number): Promise<boolean> {
    const key = replayKeys.lease(id);
    if ((await this.redis.shared.set(key, owner, 'PX', ms, 'NX')) === 'OK') return true;
    if ((await this.redis.shared.get(key)) !== owner) return false;
    await this.redis.shared.pexpire(key, ms);
    return true;
  }

  private async write(before: string, record: ReplayRecord): Promise<StoredReplay | undefined> {
    const text = JSON.stringify(record);
    const created = Date.parse(record.createdAt);
    const values = [record.id, before, text, isActive(record) ? '1' : '0', created];
    const written = await saveReplayScript.run(this.redis.shared, [replayKeys.replays, replayKeys.active], values);
    return written === 1 ? { record, text } : undefined;
  }
}
