import { Cluster } from 'ioredis';
import type { RedisClient } from './redis-connections.js';

const OLDEST = [6, 2] as const;

export interface RedisAssessment {
  /** Why the gateway cannot work with this server. */
  readonly faults: readonly string[];
  /** What an acknowledgement does not promise with these settings. */
  readonly caveats: readonly string[];
}

/** Looks at a server that the gateway does not run itself: version, eviction and persistence, on every master. */
export async function assessRedis(client: RedisClient): Promise<RedisAssessment> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  const found = await Promise.all(
    nodes.map(async (node) => {
      const info = await node.info();
      // Managed servers forbid CONFIG; then nothing is known and nothing is said.
      const fsync = await node.config('GET', 'appendfsync').then(
        (reply) => (Array.isArray(reply) ? String(reply[1]) : undefined),
        () => undefined,
      );
      return judge(fieldsOf(info), fsync);
    }),
  );
  return {
    faults: [...new Set(found.flatMap(({ faults }) => faults))],
    caveats: [...new Set(found.flatMap(({ caveats }) => caveats))],
  };
}

/** Pure, for tests. `fsync` undefined: the server does not tell. */
export function judge(info: ReadonlyMap<string, string>, fsync: string | undefined): RedisAssessment {
  const faults: string[] = [];
  const caveats: string[] = [];
  const version = info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    faults.push(`Redis ${version} is too old: 6.2 or newer is needed`);
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    caveats.push(`maxmemory-policy is ${policy}: Redis may drop acknowledged events when it is full; set noeviction`);
  }
  if (info.get('aof_enabled') === '0') {
    caveats.push('appendonly is off: a crash of Redis loses acknowledged events since its last snapshot');
  } else if (fsync !== undefined && fsync !== 'always') {
    caveats.push(`appendfsync is ${fsync}: a crash of the machine may lose the last acknowledged events; set always`);
  }
  return { faults, caveats };
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  const pairs = info.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]);
  return new Map(pairs.filter(([name, value]) => !name.startsWith('#') && value !== undefined));
}
