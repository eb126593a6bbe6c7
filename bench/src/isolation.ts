import { setTimeout as sleep } from 'node:timers/promises';
import { DIFFERENT_BODIES, flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { startGateway, startServer } from './processes.js';

const HEALTHY = 20;
const TROUBLED = 30;
const EVENTS = Number(process.env.BENCH_ISOLATION_EVENTS ?? 20_000);
const PER_REQUEST = 100;
const SENDERS = 4;
const PATIENCE_MS = 240_000;
/** Nothing listens here: connections are refused. */
const CLOSED_PORT = 1;

/** What the thirty others do. Routing is the same in all of them. */
type Others = 'answer' | 'held' | 'in trouble';

export interface IsolationRow {
  readonly others: Others;
  readonly seconds: number;
  /** At each of the healthy ones, from the first request until all is delivered. */
  readonly eventsPerSecond: number;
}

/**
 * What twenty healthy destinations get delivered while thirty others answer like them, are paused, or are in trouble: ten
 * dead, ten that answer after 30 s, ten limited.
 */
export async function measureIsolation(): Promise<readonly IsolationRow[]> {
  const rows: IsolationRow[] = [];
  for (const others of ['answer', 'held', 'in trouble'] as const) rows.push(await run(others));
  return rows;
}

async function run(others: Others): Promise<IsolationRow> {
  const sink = await startServer('troubled-sink');
  const gateway = await startGateway({ MAX_QUEUED_BYTES: String(4 * 1024 ** 3) });
  const admin = new Admin(gateway);
  await admin.source('bench', 'flokit', flokit.credentials);
  const base = `http://127.0.0.1:${sink.port}`;
  for (let i = 0; i < HEALTHY; i++) await admin.webhook(`healthy${i}`, `${base}/healthy${i}`);
  for (let i = 0; i < TROUBLED; i++) {
    const { url, ...more } = troubled(i, base);
    if (others === 'in trouble') await admin.webhook(`other${i}`, url, more);
    else await admin.webhook(`other${i}`, `${base}/other${i}`);
    if (others === 'held') await admin.post(`destinations/other${i}/pause`);
  }
  const startedAt = Date.now();
  await send(gateway.port);
  const seconds = ((await delivered(sink.port, HEALTHY * EVENTS)) - startedAt) / 1_000;
  await gateway.end();
  await sink.end();
  return { others, seconds, eventsPerSecond: EVENTS / seconds };
}

function troubled(index: number, base: string): { readonly url: string; readonly [setting: string]: unknown } {
  const isEven = index % 2 === 0;
  if (index < 10) return { url: isEven ? `http://127.0.0.1:${CLOSED_PORT}/` : `${base}/reset${index}` };
  if (index < 20) return { url: `${base}/slow${index}`, timeoutMs: 40_000 };
  if (isEven) return { url: `${base}/limited${index}` };
  return { url: `${base}/other${index}`, rateLimit: { requests: 1, perSeconds: 10 } };
}

async function send(port: number): Promise<void> {
  let left = EVENTS / PER_REQUEST;
  const bodies = Array.from({ length: DIFFERENT_BODIES }, (_, seed) => flokit.body(PER_REQUEST, 250, seed));
  const sender = async (): Promise<void> => {
    while (left-- > 0) {
      const body = bodies[left % bodies.length] ?? '';
      const url = `http://127.0.0.1:${port}${flokit.path}`;
      const response = await fetch(url, { method: 'POST', headers: flokit.headers, body });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/** When the last of them came (ms since 1970). */
async function delivered(sinkPort: number, count: number): Promise<number> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const { events, lastAt } = (await (await fetch(`http://127.0.0.1:${sinkPort}/`)).json()) as {
      readonly events: number;
      readonly lastAt: number;
    };
    if (events >= count) return lastAt;
    await sleep(50);
  }
  throw new Error('the healthy destinations did not get everything');
}
