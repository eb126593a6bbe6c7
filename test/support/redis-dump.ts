import { gunzipSync } from 'node:zlib';
import { RedisConnections, type RedisAddress } from '#platform';

type Client = RedisConnections['shared'];

/**
 * Everything a server (or every master of a cluster) holds, as texts: names of keys, and every value of whatever type,
 * unpacked where it is a packed segment.
 */
export async function dumpRedis(address: RedisAddress): Promise<readonly string[]> {
  const redis = new RedisConnections(address);
  try {
    await redis.ready(10_000);
    const { shared } = redis;
    const nodes = 'nodes' in shared ? shared.nodes('master') : [shared];
    const texts: string[] = [];
    for (const node of nodes) {
      const keys = await node.keys('*');
      for (const key of keys) {
        texts.push(key, ...(await valuesOf(node, key)).map(unpacked));
      }
    }
    return texts;
  } finally {
    redis.close();
  }
}

async function valuesOf(client: Client, key: string): Promise<readonly Buffer[]> {
  const type = await client.type(key);
  switch (type) {
    case 'string':
      return flat(await client.getBuffer(key));
    case 'hash':
      return flat(Object.entries(await client.hgetallBuffer(key)));
    case 'list':
      return flat(await client.lrangeBuffer(key, 0, -1));
    case 'set':
      return flat(await client.smembersBuffer(key));
    case 'zset':
      return flat(await client.zrangeBuffer(key, 0, '-1'));
    case 'stream':
      return flat(await client.xrangeBuffer(key, '-', '+'));
    case 'none':
      return [];
    default:
      throw new Error(`a key of type ${type} cannot be dumped`);
  }
}

function flat(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  if (typeof value === 'string') return [Buffer.from(value)];
  return Array.isArray(value) ? value.flatMap(flat) : [];
}

/** A segment's bodies are a codec byte and, where it is 1, gzipped bytes. */
export function unpacked(value: Buffer): string {
  const isPacked = value[0] === 1 && value[1] === 0x1f && value[2] === 0x8b;
  return (isPacked ? gunzipSync(value.subarray(1)) : value).toString();
}
