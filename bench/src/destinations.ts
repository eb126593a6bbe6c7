import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { load, startGateway, startServer, startTcpRedis, type Running, type RunningGateway } from './processes.js';

const DESTINATIONS = Number(process.env.BENCH_DESTINATIONS ?? 1_000);
const IDLE_MS = 20_000;
const LOAD_MS = 20_000;
const MIB = 1024 ** 2;

export type Figures = Readonly<Record<string, number>>;

/** What many destinations cost one worker: at the start, at rest, in routing, and while all of them have work. */
export async function measureDestinations(): Promise<Figures> {
  const redis = await startTcpRedis();
  const sink = await startServer('sink');
  const settings = {
    REDIS_URL: redis.url,
    ADMIN_TOKEN: 'bench-token-of-many-letters-0123456789',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    MAX_QUEUED_BYTES: String(4 * 1024 ** 3),
  };
  const api = await startGateway({ ...settings, ROLE: 'api' });
  const admin = new Admin({ ...api, adminToken: settings.ADMIN_TOKEN });
  await admin.source('bench', 'flokit', flokit.credentials);
  const figures: Record<string, number> = {};
  await configure(admin, sink.port, 3, 3);
  const few = await startWorker(settings);
  figures.cpuMsPerSegmentThreeConfigured = await routing(api, few, redis);
  await few.end();

  await configure(admin, sink.port, DESTINATIONS, 3);
  const worker = await startWorker(settings);
  figures.startMs = worker.startMs;
  figures.cpuMsPerSegmentThreeOfAllMatch = await routing(api, worker, redis);
  await configure(admin, sink.port, DESTINATIONS, DESTINATIONS);
  figures.cpuMsPerSegmentAllMatch = await routing(api, worker, redis);
  await drained(admin);
  Object.assign(figures, await underLoad(api, worker, redis));
  await drained(admin);
  await worker.end();

  const fresh = await startWorker(settings);
  await sleep(5_000);
  const [before, redisBefore] = [await fresh.cpuSeconds(), await redis.cpuSeconds()];
  await sleep(IDLE_MS);
  figures.idleWorkerCpuPercent = ((await fresh.cpuSeconds()) - before) / (IDLE_MS / 100_000);
  figures.idleRedisCpuPercent = ((await redis.cpuSeconds()) - redisBefore) / (IDLE_MS / 100_000);
  figures.idleWorkerRssMiB = (await fresh.rssBytes()) / MIB;
  figures.idleApiRssMiB = (await api.rssBytes()) / MIB;
  figures.idleRedisConnections = await sockets(redis.pid);
  await fresh.end();
  await api.end();

  const startedAt = performance.now();
  const all = await startGateway({ ...settings, ROLE: 'all' });
  figures.allStartMs = performance.now() - startedAt;
  await sleep(5_000);
  const allBefore = await all.cpuSeconds();
  await sleep(IDLE_MS);
  figures.idleAllCpuPercent = ((await all.cpuSeconds()) - allBefore) / (IDLE_MS / 100_000);
  figures.idleAllRssMiB = (await all.rssBytes()) / MIB;
  return figures;
}

async function startWorker(settings: Readonly<Record<string, string>>): Promise<Running & { startMs: number }> {
  const startedAt = performance.now();
  const worker = await startGateway({ ...settings, ROLE: 'worker' });
  return { ...worker, startMs: performance.now() - startedAt };
}

/** So many webhooks, of which some want what the bench sends. */
async function configure(admin: Admin, sinkPort: number, count: number, wanting: number): Promise<void> {
  const { sources } = (await admin.get('config')) as { readonly sources: readonly unknown[] };
  const destinations = Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    name: `d${i}`,
    type: 'webhook',
    config: { url: `http://127.0.0.1:${sinkPort}/` },
    match: { sources: [i < wanting ? 'bench' : 'somebody-else'] },
  }));
  await admin.put('config', { sources, destinations });
  await sleep(1_500);
}

/** Processor time of worker and Redis for one segment of 100 events, fan-out, gathering and delivery included. */
async function routing(api: RunningGateway, worker: Running, redis: Running): Promise<number> {
  const before = (await worker.cpuSeconds()) + (await redis.cpuSeconds());
  const { requests } = await load({
    port: api.port,
    path: flokit.path,
    headers: flokit.headers,
    bodies: [flokit.body(100, 250, 1)],
    connections: 1,
    warmupMs: 0,
    durationMs: 5_000,
    rate: 10,
  });
  await sleep(5_000);
  const after = (await worker.cpuSeconds()) + (await redis.cpuSeconds());
  return ((after - before) * 1_000) / requests;
}

/** Every destination has work all the time. */
async function underLoad(api: RunningGateway, worker: Running, redis: Running): Promise<Figures> {
  let workerPeak = 0;
  let apiPeak = 0;
  let connections = 0;
  const look = async (): Promise<void> => {
    workerPeak = Math.max(workerPeak, await worker.rssBytes());
    apiPeak = Math.max(apiPeak, await api.rssBytes());
    connections = Math.max(connections, await sockets(redis.pid));
  };
  const timer = setInterval(() => void look(), 250);
  await load({
    port: api.port,
    path: flokit.path,
    headers: flokit.headers,
    bodies: [flokit.body(100, 250, 1)],
    connections: 4,
    warmupMs: 0,
    durationMs: LOAD_MS,
    rate: 10,
  });
  await sleep(5_000);
  clearInterval(timer);
  return {
    loadWorkerRssMiB: workerPeak / MIB,
    loadApiRssMiB: apiPeak / MIB,
    loadBothRssMiB: (workerPeak + apiPeak) / MIB,
    loadRedisConnections: connections,
  };
}

async function drained(admin: Admin): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if ((await admin.metric('gateway_queued_events')) === 0) return;
    await sleep(500);
  }
  throw new Error('the destinations did not drain');
}

/** Sockets that a process has open: for Redis its clients and one or two it listens on. */
async function sockets(pid: number): Promise<number> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith('socket:')).length;
}
