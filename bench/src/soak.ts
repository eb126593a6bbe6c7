import { setTimeout as sleep } from 'node:timers/promises';
import { bodies, flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { load, startGateway, startServer, startTcpRedis } from './processes.js';

const MINUTES = Number(process.env.BENCH_SOAK_MINUTES ?? 30);
const BATCHES_PER_SECOND = Number(process.env.BENCH_SOAK_RATE ?? 700);
const BATCH = 100;
const MIB = 1024 ** 2;

export interface SoakRow {
  readonly minute: number;
  readonly gatewayRssMiB: number;
  readonly redisRssMiB: number;
  readonly queuedEvents: number;
}

/** Steady load with one destination for a long time: does memory grow? A line a minute. */
export async function measureSoak(): Promise<readonly SoakRow[]> {
  const redis = await startTcpRedis();
  const sink = await startServer('sink');
  const ADMIN_TOKEN = 'bench-token-of-many-letters-0123456789';
  const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64');
  // A small history, so that it is full soon and what it forgets shows.
  const HISTORY_MAX_BYTES = String(64 * 1024 ** 2);
  const gateway = await startGateway({ REDIS_URL: redis.url, ADMIN_TOKEN, ENCRYPTION_KEY, HISTORY_MAX_BYTES });
  const admin = new Admin(gateway);
  await admin.source('bench', 'flokit', flokit.credentials);
  await admin.webhook('sink', `http://127.0.0.1:${sink.port}/`);
  const rows: SoakRow[] = [];
  const sending = load({
    port: gateway.port,
    path: flokit.path,
    headers: flokit.headers,
    bodies: bodies(flokit, BATCH, 250),
    connections: 16,
    warmupMs: 0,
    durationMs: MINUTES * 60_000,
    rate: BATCHES_PER_SECOND,
  });
  for (let minute = 1; minute <= MINUTES; minute++) {
    await sleep(59_000);
    const row = {
      minute,
      gatewayRssMiB: (await gateway.rssBytes()) / MIB,
      redisRssMiB: (await redis.rssBytes()) / MIB,
      queuedEvents: await admin.metric('gateway_queued_events'),
    };
    rows.push(row);
    console.log(JSON.stringify(row));
    await sleep(1_000);
  }
  const { requests, latency, byStatus } = await sending;
  console.log(JSON.stringify({ events: requests * BATCH, latency, byStatus }));
  await gateway.end();
  return rows;
}
