import { setTimeout as sleep } from 'node:timers/promises';
import { bodies, flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { load, rssBytesOf, startGateway, startRedis, startServer, startTcpRedis, type Running } from './processes.js';
import type { Spread } from './rounds.js';

/** A number of events that are sent as fast as they are taken, and the destinations that get each of them. */
export interface DeliverCase {
  readonly events: number;
  readonly batch: number;
  readonly eventBytes: number;
  readonly destinations: number;
  readonly fsync: 'always' | 'everysec';
  readonly processes: 'one' | 'api + worker';
  /** Events are sent and delivered for so long before the measured ones. */
  readonly warmupMs: number;
}

export interface DeliverRow {
  readonly case: string;
  readonly subject: 'naive' | 'gateway';
  readonly events: number;
  /** From the first request to the last arrival. */
  readonly seconds: number;
  /** Arrivals at all destinations together. */
  readonly deliveriesPerSecond: number;
  readonly spread?: Spread;
  /** Multiple of the naive build's. */
  readonly overNaive?: number | undefined;
  /** Share of the events a second that the ceiling took just before, in requests of 100. */
  readonly overCeiling?: number | undefined;
  readonly cpuSecondsPerMillionEvents?: number | undefined;
  readonly rssMiB?: number | undefined;
  readonly redisRssMiB?: number | undefined;
}

export const standard: DeliverCase = {
  events: 500_000,
  batch: 100,
  eventBytes: 250,
  destinations: 3,
  fsync: 'always',
  processes: 'one',
  // V8 goes on compiling and sizing its heap for as long: the third round of 300,000 events is a quarter faster than the first.
  warmupMs: 20_000,
};

/** As many as send requests of 100 to the ceiling. */
const CONNECTIONS = 32;
/** Of the events that are measured, sent again and again until the warm-up's time is over. */
const WARMUP_SHARE = 1 / 3;
const LONGEST_MS = 240_000;
const MIB = 1024 ** 2;
const TOKEN = 'bench-token-of-many-letters-0123456789';

/** What a good engineer builds in an afternoon, on the same load. */
export async function deliverNaively(one: DeliverCase): Promise<DeliverRow> {
  const redis = await startRedis(one.fsync);
  const sink = await startServer('sink');
  const targets = Array.from({ length: one.destinations }, (_, i) => `http://127.0.0.1:${sink.port}/${i}`);
  const server = await startServer('naive', { REDIS_SOCKET: redis.socketPath, TARGETS: targets.join(',') });
  await warmUp(one, server.port, sink);
  const seconds = await send(one, one.events, server.port, sink);
  for (const running of [server, sink, redis]) await running.end();
  return row(one, 'naive', seconds);
}

export async function deliver(one: DeliverCase): Promise<DeliverRow> {
  const redis = await startTcpRedis(one.fsync);
  const sink = await startServer('sink');
  const settings = {
    REDIS_URL: redis.url,
    ADMIN_TOKEN: TOKEN,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    MAX_QUEUED_BYTES: String(8 * 1024 ** 3),
  };
  const roles = one.processes === 'one' ? ['all'] : ['api', 'worker'];
  const gateways = [];
  for (const ROLE of roles) gateways.push(await startGateway({ ...settings, ROLE }));
  const [ingest] = gateways;
  if (!ingest) throw new Error('no process accepts');
  await configure(new Admin(ingest), one, sink);
  const parts = [...gateways, redis];
  await warmUp(one, ingest.port, sink);
  const before = await cpuSeconds(parts);
  const seconds = await send(one, one.events, ingest.port, sink);
  const cpu = (await cpuSeconds(parts)) - before;
  const rss = await Promise.all(gateways.map(({ pid }) => rssBytesOf(pid)));
  const redisRss = await redis.rssBytes();
  for (const running of [...gateways, sink, redis]) await running.end();
  return {
    ...row(one, 'gateway', seconds),
    cpuSecondsPerMillionEvents: (cpu / one.events) * 1_000_000,
    rssMiB: rss.reduce((sum, bytes) => sum + bytes, 0) / MIB,
    redisRssMiB: redisRss / MIB,
  };
}

async function configure(admin: Admin, { destinations }: DeliverCase, sink: Running): Promise<void> {
  await admin.source('bench', 'flokit', flokit.credentials);
  for (let i = 0; i < destinations; i++) await admin.webhook(`d${i}`, `http://127.0.0.1:${sink.port}/${i}`);
  // Configuration reaches every process within a second.
  await sleep(1_500);
}

async function warmUp(one: DeliverCase, port: number, sink: Running): Promise<void> {
  const until = Date.now() + one.warmupMs;
  const events = Math.ceil((one.events * WARMUP_SHARE) / one.batch) * one.batch;
  while (Date.now() < until) await send(one, events, port, sink);
}

/** Seconds from the first request to the last arrival. */
async function send(one: DeliverCase, events: number, port: number, sink: Running): Promise<number> {
  const arrived = await arrivals(sink);
  const { startedAt, requests, byStatus } = await load({
    port,
    path: flokit.path,
    headers: flokit.headers,
    bodies: bodies(flokit, one.batch, one.eventBytes),
    connections: CONNECTIONS,
    warmupMs: 0,
    durationMs: LONGEST_MS,
    requests: Math.ceil(events / one.batch),
  });
  if (byStatus['200'] !== requests) throw new Error(`unexpected answers ${JSON.stringify(byStatus)}`);
  const expected = arrived.events + requests * one.batch * one.destinations;
  for (;;) {
    const { events: now, lastAt } = await arrivals(sink);
    if (now >= expected) return (lastAt - startedAt) / 1_000;
    if (Date.now() - startedAt > LONGEST_MS) throw new Error(`${expected - now} did not arrive in time`);
    await sleep(50);
  }
}

async function arrivals({ port }: Running): Promise<{ readonly events: number; readonly lastAt: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/count`);
  return (await response.json()) as { events: number; lastAt: number };
}

async function cpuSeconds(parts: readonly Running[]): Promise<number> {
  const seconds = await Promise.all(parts.map((part) => part.cpuSeconds()));
  return seconds.reduce((sum, each) => sum + each, 0);
}

function row(one: DeliverCase, subject: DeliverRow['subject'], seconds: number): DeliverRow {
  const { events, batch, eventBytes, destinations, fsync, processes } = one;
  return {
    case: `${destinations} destinations, batches of ${batch}, ${eventBytes} B, fsync ${fsync}, ${processes}`,
    subject,
    events,
    seconds,
    deliveriesPerSecond: (events * destinations) / seconds,
  };
}
