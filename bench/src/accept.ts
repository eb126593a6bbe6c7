import { bodies, type DialectLoad } from './bodies.js';
import { Admin } from './gateway-client.js';
import type { LoadResult } from './load.js';
import { load, startGateway, startRedis, startServer } from './processes.js';
import type { Row } from './table.js';

export interface AcceptCase {
  readonly load: DialectLoad;
  readonly events: number;
  readonly eventBytes: number;
  readonly connections: number;
}

export interface Timing {
  readonly warmupMs: number;
  readonly durationMs: number;
  /**
   * At 70 %: longer than Redis takes to come to the next rewrite of its file, whose end makes some requests wait. A shorter
   * time would hold one rewrite too many or none.
   */
  readonly calmMs: number;
}

/** Where full speed differs by more before and after it, what was measured between was not 70 % of either. */
const STEADY = 0.15;
const TRIES = 3;

function order(
  port: number,
  { load: dialect, events, eventBytes, connections }: AcceptCase,
  { warmupMs, durationMs, calmMs }: Timing,
  rate?: number,
) {
  const { path, headers } = dialect;
  return {
    port,
    path,
    headers,
    bodies: bodies(dialect, events, eventBytes),
    connections,
    warmupMs,
    ...(rate === undefined ? { durationMs } : { durationMs: calmMs, rate }),
  };
}

/** On standard error, beside the tables: a suite takes minutes. */
async function measure(
  name: string,
  one: AcceptCase,
  port: number,
  timing: Timing,
  rate?: number,
): Promise<LoadResult> {
  const toSend = order(port, one, timing, rate);
  const seconds = (toSend.warmupMs + toSend.durationMs) / 1_000;
  const speed = rate === undefined ? 'full speed' : '70 % of it';
  process.stderr.write(`${name}: ${one.load.dialect}, batches of ${one.events}, ${speed}, ${seconds} s ...\n`);
  return load(toSend);
}

function row(name: string, { load: dialect, events, eventBytes }: AcceptCase, result: LoadResult): Row {
  const failed = Object.entries(result.byStatus).filter(([status]) => !status.startsWith('2'));
  if (failed.length > 0) throw new Error(`${name}: unexpected answers ${JSON.stringify(result.byStatus)}`);
  return {
    case: `${dialect.dialect}, batches of ${events}, ${eventBytes} B`,
    subject: name,
    eventsPerSecond: (result.requests * events) / result.seconds,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}

/** Reads, parses and answers: nobody can be faster with the same runtime. */
export async function measureCeiling(cases: readonly AcceptCase[], timing: Timing): Promise<Row[]> {
  const server = await startServer('ceiling');
  const rows: Row[] = [];
  for (const one of cases) rows.push(row('ceiling', one, await measure('ceiling', one, server.port, timing)));
  await server.end();
  return rows;
}

/** One BullMQ job per event, same Redis settings. */
export async function measureNaive(cases: readonly AcceptCase[], timing: Timing): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) {
    const redis = await startRedis('always');
    const server = await startServer('naive', { REDIS_SOCKET: redis.socketPath });
    rows.push(row('naive', one, await measure('naive', one, server.port, timing)));
    await server.end();
    await redis.end();
  }
  return rows;
}

/** The gateway with its only destination paused: durable acceptance, routing included. */
export async function measureAccept(cases: readonly AcceptCase[], timing: Timing): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) {
    const gateway = await startGateway({ MAX_QUEUED_BYTES: String(8 * 1024 ** 3) });
    const admin = new Admin(gateway);
    await admin.source('bench', one.load.dialect, one.load.credentials);
    await admin.webhook('paused', 'http://127.0.0.1:9/');
    await admin.post('destinations/paused/pause');
    rows.push(await measureFullAndCalm(one, gateway.port, admin, timing));
    await gateway.end();
  }
  return rows;
}

/** Throughput at full speed, and the latency at 70 % of it: of what the machine is capable of at that time, before and after. */
async function measureFullAndCalm(one: AcceptCase, port: number, admin: Admin, timing: Timing): Promise<Row> {
  const first = await measure('gateway', one, port, timing);
  let before = first;
  for (let tries = 1; ; tries++) {
    // What full speed left to be fanned out is no part of a load of 70 %.
    await admin.routed();
    const calm = await measure('gateway', one, port, timing, 0.7 * rateOf(before));
    const after = await measure('gateway', one, port, timing);
    const changed = Math.abs(rateOf(after) / rateOf(before) - 1);
    if (changed <= STEADY || tries === TRIES) return { ...row('gateway', one, first), p99At70Ms: calm.latency.p99 };
    process.stderr.write(`the machine changed its speed by ${Math.round(100 * changed)} %: measured again\n`);
    before = after;
  }
}

const rateOf = ({ requests, seconds }: LoadResult): number => requests / seconds;
