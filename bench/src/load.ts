import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';

/** What one load process is told, as JSON on its standard input. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by turns. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Requests a second over all connections; absent: as fast as answers come. */
  readonly rate?: number;
  /** So many are sent and all are measured, in `durationMs` at most. */
  readonly requests?: number;
}

export interface LoadResult {
  /** Milliseconds since 1970, when the first connection was opened. */
  readonly startedAt: number;
  readonly requests: number;
  readonly seconds: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Milliseconds, of the requests in the measured time. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
}

const order = JSON.parse(readFileSync(0, 'utf8')) as LoadOrder;

const requests = order.bodies.map((body) => {
  const head = [
    `POST ${order.path} HTTP/1.1`,
    `Host: 127.0.0.1:${order.port}`,
    ...Object.entries(order.headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
});

const latencies: number[] = [];
const byStatus: Record<string, number> = {};
const clockAtStart = Date.now();
const startedAt = performance.now();
const measureFrom = startedAt + order.warmupMs;
const measureTo = measureFrom + order.durationMs;
let next = 0;
let open = order.connections;

/** One connection: a request, its answer, the next request. */
function drive(socket: Socket, number: number): void {
  let buffered = '';
  let sentAt = 0;
  let missing = -1;
  let status = '';
  // With a rate, each connection keeps its own even pace, and a late answer does not slow the clock down.
  const periodMs = order.rate === undefined ? 0 : (1_000 * order.connections) / order.rate;
  let dueAt = startedAt + (number / order.connections) * periodMs;
  const send = (): void => {
    const now = performance.now();
    if (now >= measureTo || next >= (order.requests ?? Infinity)) {
      socket.destroy();
      return;
    }
    if (dueAt > now) {
      setTimeout(send, dueAt - now);
      return;
    }
    sentAt = periodMs === 0 ? now : dueAt;
    dueAt += periodMs;
    const request = requests[next++ % requests.length];
    if (request) socket.write(request);
  };
  const answered = (): void => {
    const now = performance.now();
    if (now >= measureFrom && now < measureTo) {
      latencies.push(now - sentAt);
      byStatus[status] = (byStatus[status] ?? 0) + 1;
    }
    send();
  };
  socket.setNoDelay(true);
  socket.on('connect', send);
  socket.on('data', (chunk) => {
    if (missing >= 0) missing -= chunk.length;
    else {
      buffered += chunk.toString('latin1');
      const end = buffered.indexOf('\r\n\r\n');
      if (end < 0) return;
      status = buffered.slice(9, 12);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(buffered)?.[1] ?? 0);
      missing = length - (buffered.length - end - 4);
      buffered = '';
    }
    if (missing > 0) return;
    missing = -1;
    answered();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (--open === 0) report();
  });
}

function report(): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const result: LoadResult = {
    startedAt: clockAtStart,
    requests: latencies.length,
    seconds: (Math.min(performance.now(), measureTo) - measureFrom) / 1_000,
    byStatus,
    latency: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

for (let i = 0; i < order.connections; i++) {
  drive(createConnection({ port: order.port, host: '127.0.0.1' }), i);
}
