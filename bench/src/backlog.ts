import { setTimeout as sleep } from 'node:timers/promises';
import { bodies, flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { load, rssBytesOf, startGateway, startServer } from './processes.js';

const BATCH = 100;
const BLOCK_EVENTS = Number(process.env.BENCH_BACKLOG_BLOCK ?? 1_000_000);
const BLOCKS = 5;
const LONGEST_MS = 240_000;
const MIB = 1024 ** 2;

export interface BacklogRow {
  readonly phase: 'filling' | 'draining';
  /** What waited when the block began. */
  readonly queuedEvents: number;
  /** Accepted, or delivered to the one destination. */
  readonly eventsPerSecond: number;
  readonly rssMiB: number;
  readonly redisRssMiB: number;
  readonly cpuSecondsPerMillionEvents: number;
}

/**
 * Acceptance block by block while nothing is delivered, and delivery block by block while nothing is accepted: does what
 * waits slow either down, does memory grow with it?
 */
export async function measureBacklog(): Promise<readonly BacklogRow[]> {
  const sink = await startServer('sink');
  const gateway = await startGateway({ MAX_QUEUED_BYTES: String(8 * 1024 ** 3) });
  const admin = new Admin(gateway);
  await admin.source('bench', 'flokit', flokit.credentials);
  await admin.webhook('sink', `http://127.0.0.1:${sink.port}/`);
  const accept = async (events: number): Promise<void> => {
    const { requests, byStatus } = await load({
      port: gateway.port,
      path: flokit.path,
      headers: flokit.headers,
      bodies: bodies(flokit, BATCH, 250),
      connections: 16,
      warmupMs: 0,
      durationMs: LONGEST_MS,
      requests: events / BATCH,
    });
    if (requests !== events / BATCH || byStatus['200'] !== requests) {
      throw new Error(`unexpected answers ${JSON.stringify(byStatus)}`);
    }
    await admin.routed();
  };
  const untilWaiting = async (most: number): Promise<void> => {
    const until = Date.now() + LONGEST_MS;
    while ((await admin.metric('gateway_queued_events')) > most) {
      if (Date.now() > until) throw new Error(`more than ${most} still wait`);
      await sleep(50);
    }
  };
  // Both ways are compiled before anything is measured.
  await accept(BLOCK_EVENTS / 4);
  await untilWaiting(0);
  await admin.post('destinations/sink/pause');
  const rows: BacklogRow[] = [];
  const measure = async (
    phase: BacklogRow['phase'],
    queuedEvents: number,
    work: () => Promise<void>,
  ): Promise<void> => {
    const [cpu, startedAt] = [await gateway.cpuSeconds(), performance.now()];
    await work();
    const row = {
      phase,
      queuedEvents,
      eventsPerSecond: Math.round((BLOCK_EVENTS * 1_000) / (performance.now() - startedAt)),
      rssMiB: Math.round((await gateway.rssBytes()) / MIB),
      redisRssMiB: Math.round((await rssBytesOf(await gateway.redisPid())) / MIB),
      cpuSecondsPerMillionEvents: (((await gateway.cpuSeconds()) - cpu) * 1_000_000) / BLOCK_EVENTS,
    };
    process.stderr.write(`${JSON.stringify(row)}\n`);
    rows.push(row);
  };
  for (let block = 0; block < BLOCKS; block++) {
    await measure('filling', block * BLOCK_EVENTS, () => accept(BLOCK_EVENTS));
  }
  await admin.post('destinations/sink/resume');
  for (let block = BLOCKS; block > 0; block--) {
    await measure('draining', block * BLOCK_EVENTS, () => untilWaiting((block - 1) * BLOCK_EVENTS));
  }
  await gateway.end();
  await sink.end();
  return rows;
}
