import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/index.js';
import { ping, shutDown } from './server-probe.js';

const PATIENCE_MS = 3_000;
const MAX_WAIT_MS = 60_000;
const POLL_MS = 50;

/**
 * Waits until no server of an earlier run uses the data any more: two servers on one append-only file destroy it.
 * After a kill -9 of the gateway the earlier one is already ending by itself; one that is not is told to.
 */
export async function awaitEarlierServers(directory: string, log: Log): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter((entry) => /^redis-[0-9a-f]{8}\.sock$/.test(entry))) {
    await awaitEnd(join(directory, name), log);
    await rm(join(directory, name), { force: true });
  }
}

async function awaitEnd(socketPath: string, log: Log): Promise<void> {
  const startedAt = Date.now();
  let wasTold = false;
  while ((await ping(socketPath)) !== 'gone') {
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > MAX_WAIT_MS) throw new Error(`A Redis of an earlier run does not end; it listens on ${socketPath}`);
    if (waitedMs > PATIENCE_MS && !wasTold) {
      wasTold = true;
      log.warn({ socketPath }, 'A Redis of an earlier run is still there; telling it to shut down');
      await shutDown(socketPath);
    }
    await delay(POLL_MS);
  }
}
