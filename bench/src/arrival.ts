import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { startGateway } from './processes.js';

const EVENTS = 500;
/** Sent before those: the first event takes 80 ms, for its code is compiled on the way. */
const WARMUP_EVENTS = 100;
const PAUSE_MS = 10;

export interface Arrival {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How long after its acknowledgement a single event reaches a webhook that does not wait for more (`maxWaitMs` 0). */
export async function measureArrival(): Promise<Arrival> {
  let arrived: (() => void) | undefined;
  const sink = createServer((request, response) => {
    request.resume().on('end', () => {
      response.end();
      arrived?.();
    });
  }).listen(0, '127.0.0.1');
  const gateway = await startGateway();
  const admin = new Admin(gateway);
  await admin.source('bench', 'flokit', flokit.credentials);
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
  await admin.webhook('sink', url, { batch: { maxWaitMs: 0 } });
  const times: number[] = [];
  for (let i = 0; i < WARMUP_EVENTS + EVENTS; i++) {
    const seen = new Promise<void>((resolve) => (arrived = resolve));
    const target = `http://127.0.0.1:${gateway.port}${flokit.path}`;
    const answer = await fetch(target, { method: 'POST', headers: flokit.headers, body: flokit.body(1, 250, i) });
    const acknowledgedAt = performance.now();
    await answer.arrayBuffer();
    await seen;
    if (i >= WARMUP_EVENTS) times.push(performance.now() - acknowledgedAt);
    await sleep(PAUSE_MS);
  }
  await gateway.end();
  sink.closeAllConnections();
  sink.close();
  times.sort((a, b) => a - b);
  return { p50Ms: times[Math.floor(EVENTS * 0.5)] ?? 0, p99Ms: times[Math.floor(EVENTS * 0.99)] ?? 0 };
}
