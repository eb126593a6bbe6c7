import { Redis } from 'ioredis';
import type { World } from './world.js';

/** Where work lies while it is under way: all of it is empty when nothing is. */
const TRANSIENT = [
  /:led:/,
  /:claims$/,
  /:unrouted$/,
  /:(?:pending|open|batches|settled|busy|unjudged)$/,
  /:(?:user|ready):/,
  /\{erasures\}:active$/,
  /:deliver:(?:wait|active|delayed|prioritized|paused|failed|completed|\d)/,
];

/** Faults of what the gateway has stored, after everything has drained: leftovers, and counters that do not add up. */
export async function auditStore({ redis, receivers }: World): Promise<readonly string[]> {
  const client = new Redis(redis.port, '127.0.0.1');
  try {
    const keys = await client.keys('gw:*');
    const leftovers = keys.filter((key) => TRANSIENT.some((pattern) => pattern.test(key)));
    const accepted = await total(client, keys, /^gw:\{s\d+\}:counters$/, 'events');
    const faults = leftovers.map((key) => `left behind: ${key}`);
    for (const field of ['bytes'] as const) {
      const sum = await total(client, keys, /^gw:\{s\d+\}:counters$/, field);
      if (sum !== 0) faults.push(`${sum} bytes count as queued`);
    }
    for (const { name, settings } of receivers) {
      faults.push(...(await auditDestination(client, name, settings.match === undefined ? accepted : undefined)));
    }
    faults.push(...(await orphans(client, keys)));
    return faults;
  } finally {
    client.disconnect();
  }
}

/** Every accepted event is settled exactly once at every destination that wants all (of others `accepted` is unknown). */
async function auditDestination(client: Redis, name: string, accepted?: number): Promise<readonly string[]> {
  const state = await client.hgetall(`gw:{d:${name}}:state`);
  const count = (field: string): number => Number(state[field] ?? 0);
  const settled = count('delivered') + count('duplicate') + count('notWanted') + count('dead');
  const faults =
    accepted === undefined || settled === accepted ? [] : [`${name} settled ${settled} of ${accepted} accepted events`];
  for (const field of ['pending', 'pendingBytes', 'open', 'openBytes', 'retrying', 'ordered']) {
    if (count(field) !== 0) faults.push(`${name} counts ${count(field)} ${field} though nothing is`);
  }
  const letters = await client.hvals(`gw:{d:${name}}:dead`);
  const deadBytes = letters.reduce((sum, letter) => sum + Buffer.byteLength(letter), 0);
  if (letters.length !== count('dead'))
    faults.push(`${name} counts ${count('dead')} of ${letters.length} dead letters`);
  if (deadBytes !== count('deadBytes')) faults.push(`${name} counts ${count('deadBytes')} of ${deadBytes} dead bytes`);
  return faults;
}

/** Records and segments that no list names would stay for ever. */
async function orphans(client: Redis, keys: readonly string[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const key of keys) {
    const [, tag = '', batchId] = /^gw:(\{d:[^}]+\}):batch:(.+)$/.exec(key) ?? [];
    if (batchId !== undefined && (await client.zscore(`gw:${tag}:finished`, batchId)) === null) {
      faults.push(`no list names ${key}`);
    }
    const [, shard = '', segmentId] = /^gw:(\{s\d+\}):seg:(.+)$/.exec(key) ?? [];
    if (segmentId !== undefined && (await client.zscore(`gw:${shard}:history`, segmentId)) === null) {
      faults.push(`${key} is not in the history`);
    }
  }
  return faults;
}

async function total(client: Redis, keys: readonly string[], pattern: RegExp, field: string): Promise<number> {
  const hashes = keys.filter((key) => pattern.test(key));
  const values = await Promise.all(hashes.map((key) => client.hget(key, field)));
  return values.reduce((sum, value) => sum + Number(value ?? 0), 0);
}
