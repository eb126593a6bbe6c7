import { defineScript, type RedisConnections } from '#platform';

// KEYS: lease. ARGV: owner, milliseconds. Returns 1 if it is the owner's now.
const leaseScript = defineScript(
  'gwWorkLease',
  `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`,
);

/** Takes or prolongs a lease on long work; it ends by itself. False: somebody else has it. */
export async function holdLease(redis: RedisConnections, key: string, owner: string, ms: number): Promise<boolean> {
  return (await leaseScript.run(redis.shared, [key], [owner, ms])) === 1;
}
