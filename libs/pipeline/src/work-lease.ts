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

/**
 * Prolongs a lease while the work is done. The work is told to end once somebody else has the lease, and when `stopping` is.
 */
export async function whileHeld(
  prolong: () => Promise<boolean>,
  everyMs: number,
  stopping: AbortSignal,
  work: (ending: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const timer = setInterval(() => {
    prolong().then(
      (isHeld) => isHeld || lost.abort(),
      // Who has it is not known: the next time tells.
      () => undefined,
    );
  }, everyMs);
  try {
    await work(AbortSignal.any([stopping, lost.signal]));
  } finally {
    clearInterval(timer);
  }
}
