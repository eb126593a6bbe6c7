import { send, startRedis, type TestRedis } from './redis.js';
import { until } from './until.js';

const SLOTS = 16_384;

export interface ClusterSettings {
  readonly masters?: number;
  /** One for each master. */
  readonly replicas?: boolean;
}

export interface TestCluster {
  /** Comma-separated masters, as `REDIS_URL` takes them. */
  readonly url: string;
  /** As it started. */
  readonly nodes: readonly TestRedis[];
  /** In the order of their masters; empty without replicas. */
  readonly replicas: readonly TestRedis[];
}

/** A Redis Cluster of real masters on loopback, each with its share of the slots. */
export async function startRedisCluster({ masters = 3, replicas = false }: ClusterSettings = {}): Promise<TestCluster> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': '2000',
    'cluster-require-full-coverage': 'no',
    'repl-diskless-sync-delay': '0',
  };
  const start = (count: number): Promise<TestRedis[]> =>
    Promise.all(Array.from({ length: count }, () => startRedis(settings)));
  const [nodes, followers] = await Promise.all([start(masters), start(replicas ? masters : 0)]);
  const [first] = nodes;
  if (!first) throw new Error('a cluster needs a master');
  for (const [i, node] of nodes.entries()) {
    const from = Math.floor((i * SLOTS) / masters);
    const to = Math.floor(((i + 1) * SLOTS) / masters) - 1;
    await send(node.socketPath, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
  }
  const all = [...nodes, ...followers];
  for (const node of all) if (node !== first) await send(first.socketPath, `CLUSTER MEET 127.0.0.1 ${node.port}`);
  for (const node of all) await untilWhole(node, all.length);
  await Promise.all(followers.map((follower, i) => follow(follower, nodes[i])));
  return { url: nodes.map(({ url }) => url).join(','), nodes, replicas: followers };
}

async function untilWhole({ socketPath }: TestRedis, known: number): Promise<void> {
  await until(async () => isWhole(await send(socketPath, 'CLUSTER INFO'), known), {
    timeoutMs: 20_000,
    what: 'the cluster to agree on its slots',
  });
}

async function follow({ socketPath }: TestRedis, master: TestRedis | undefined): Promise<void> {
  if (!master) return;
  const id = (await send(master.socketPath, 'CLUSTER MYID')).split('\r\n')[1] ?? '';
  const isInStep = async (): Promise<boolean> =>
    (await send(socketPath, 'INFO replication')).includes('master_link_status:up');
  await until(async () => (await send(socketPath, `CLUSTER REPLICATE ${id}`)).startsWith('+OK'));
  await until(isInStep, { timeoutMs: 20_000, what: 'the replica to be in step' });
}

function isWhole(info: string, known: number): boolean {
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_slots_ok:${SLOTS}`) &&
    info.includes(`cluster_known_nodes:${known}`)
  );
}
