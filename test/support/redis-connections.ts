import { RedisConnections, type RedisAddress } from '#platform';
import { onEnd } from './resources.js';

/**
 * As the gateway's, and closed when the test file ends: an open one would look for its server for ever. A machine that is
 * busy elsewhere fails no command.
 */
export async function connectRedis(address: RedisAddress): Promise<RedisConnections> {
  const redis = new RedisConnections(address);
  onEnd(() => redis.close());
  await redis.ready(10_000);
  redis.setPatience(30_000);
  return redis;
}
