import { Cluster, type ClusterNode, type ClusterOptions, type Redis, type RedisOptions } from 'ioredis';
import { SteadyRedis } from './steady-redis.js';

/** Longer than BullMQ ever blocks, which is ten seconds: until then silence on a waiting connection means that there is no work. */
const SILENT_WHILE_WAITING_MS = 30_000;

/**
 * The client of all queues. BullMQ duplicates it for every worker and only waits for work on the copy, but defines all of
 * its scripts there too, about 80 KiB each time: left out, which with a thousand workers is as much as a small process.
 */
export class QueueRedis extends SteadyRedis {
  override duplicate(override?: Partial<RedisOptions>): Redis {
    const socketTimeout = SILENT_WHILE_WAITING_MS;
    const waiting = new SteadyRedis({ ...this.options, ...override, socketTimeout, replyMapping: 'legacy' });
    waiting.defineCommand = () => undefined;
    return waiting;
  }
}

/** The same of a cluster, as far as its copies may be silent for longer. */
export class QueueCluster extends Cluster {
  override duplicate(nodes?: ClusterNode[], override?: Partial<ClusterOptions>): Cluster {
    const redisOptions = { ...override?.redisOptions, socketTimeout: SILENT_WHILE_WAITING_MS };
    return super.duplicate(nodes, { ...override, redisOptions });
  }
}
