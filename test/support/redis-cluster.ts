import { send, startRedis, type TestRedis } from './redis.js';
import { until } from './until.js';

const SLOTS = 16_384;

export interface TestCluster {
  /** Comma-separated nodes, as `REDIS_URL` takes them. */
  readonly url: string;
  readonly nodes: readonly TestRedis[];
}

/** A Redis Cluster of real masters on loopback, each with its share of the slots. */
export async function startRedisCluster(masters = 3): Promise<TestCluster> {
  const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'cluster-require-full-coverage': 'no' };
  const nodes = await Promise.all(Array.from({ length: masters }, () => startRedis(settings)));
  const [first] = nodes;
  if (!first) throw new Error('a cluster needs a master');
  await Promise.all(
    nodes.map(async (node, i) => {
      const from = Math.floor((i * SLOTS) / masters);
      const to = Math.floor(((i + 1) * SLOTS) / masters) - 1;
      await send(node.socketPath, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
      if (node !== first) await send(first.socketPath, `CLUSTER MEET 127.0.0.1 ${node.port}`);
    }),
  );
  for (const node of nodes) {
    await until(async () => isWhole(await send(node.socketPath, 'CLUSTER INFO'), masters), {
      timeoutMs: 20_000,
      what: 'the cluster to agree on its slots',
    });
  }
  return { url: nodes.map(({ url }) => url).join(','), nodes };
}

function isWhole(info: string, masters: number): boolean {
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_slots_ok:${SLOTS}`) &&
    info.includes(`cluster_known_nodes:${masters}`)
  );
}
