import { setTimeout as sleep } from 'node:timers/promises';
import { bodies, flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { load, startGateway } from './processes.js';

const BATCH = 100;
const BLOCK_EVENTS = Number(process.env.BENCH_BACKLOG_BLOCK ?? 1_000_000);
const BLOCKS = 5;
const MIB = 1024 ** 2;

export interface BacklogRow {
  readonly queuedEvents: number;
  readonly acceptedPerSecond: number;
  readonly rssMiB: number;
  readonly cpuSecondsPerMillionEvents: number;
}

/** Acceptance block by block while nothing is delivered: does a backlog slow it down, does memory grow with it? */
export async function measureBacklog(): Promise<readonly BacklogRow[]> {
  const gateway = await startGateway({ MAX_QUEUED_BYTES: String(8 * 1024 ** 3) });
  const admin = new Admin(gateway);
  await admin.source('bench', 'flokit', flokit.credentials);
  await admin.webhook('paused', 'http://127.0.0.1:9/');
  await admin.post('destinations/paused/pause');
  const rows: BacklogRow[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const before = await gateway.cpuSeconds();
    const { requests, seconds } = await load({
      port: gateway.port,
      path: flokit.path,
      headers: flokit.headers,
      bodies: bodies(flokit, BATCH, 250),
      connections: 16,
      warmupMs: 0,
      durationMs: 120_000,
      requests: BLOCK_EVENTS / BATCH,
    });
    rows.push({
      queuedEvents: block * BLOCK_EVENTS,
      acceptedPerSecond: (requests * BATCH) / seconds,
      rssMiB: (await gateway.rssBytes()) / MIB,
      cpuSecondsPerMillionEvents: (((await gateway.cpuSeconds()) - before) * 1_000_000) / (requests * BATCH),
    });
    await sleep(1_000);
  }
  await gateway.end();
  return rows;
}
