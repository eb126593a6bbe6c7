import { metricOf, readinessOf, until } from '../../support/index.js';
import type { World } from './world.js';

const PATIENCE_MS = 60_000;

/** Waits until nothing is on its way any more, by what the gateway itself says. Rejects with the latest look at it. */
export async function drained(world: World): Promise<void> {
  let looked = '';
  const isIdle = async (): Promise<boolean> => {
    looked = await lookAt(world);
    return looked === '';
  };
  try {
    await until(isIdle, { timeoutMs: PATIENCE_MS });
  } catch (error) {
    throw new Error(`still not drained after ${PATIENCE_MS} ms: ${looked}`, { cause: error });
  }
}

/** What is not at rest, in words; empty: everything is. */
async function lookAt({ apiUrl, workerUrls, receivers, admin }: World): Promise<string> {
  const busy: string[] = [];
  for (const baseUrl of [apiUrl, ...workerUrls]) {
    const { status, culprits } = await readinessOf({ baseUrl });
    if (status !== 200) busy.push(`${baseUrl} is not ready: ${culprits.join(', ')}`);
  }
  for (const name of ['gateway_unrouted_segments', 'gateway_queued_bytes']) {
    const value = await metricOf({ baseUrl: apiUrl }, name);
    if (value !== 0) busy.push(`${name} ${value}`);
  }
  for (const { name } of receivers) {
    const { waiting, lastError, breaker } = await admin.stats(name);
    if (waiting !== 0) busy.push(`${name} has ${waiting} waiting, ${breaker.state}, ${lastError?.code}`);
  }
  return busy.join('; ');
}
