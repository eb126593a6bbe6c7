import type { Redis, RedisOptions } from 'ioredis';
import { SteadyRedis } from './steady-redis.js';

/**
 * The client of all queues. BullMQ duplicates it for every worker and only waits for work on the copy, but defines all of
 * its scripts there too, about 80 KiB each time: left out, which with a thousand workers is as much as a small process.
 */
export class QueueRedis extends SteadyRedis {
  override duplicate(override?: Partial<RedisOptions>): Redis {
    const waiting = new SteadyRedis({ ...this.options, ...override, replyMapping: 'legacy' });
    waiting.defineCommand = () => undefined;
    return waiting;
  }
}
