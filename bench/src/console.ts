import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { bodies, flokit } from './bodies.js';
import { startBrowser } from './browser.js';
import { Admin } from './gateway-client.js';
import { load, startGateway, startServer, type RunningGateway } from './processes.js';

const MINUTES = Number(process.env.BENCH_CONSOLE_MINUTES ?? 60);
const EVENTS_PER_SECOND = Number(process.env.BENCH_CONSOLE_RATE ?? 1_000);
const BATCH = 100;
const MIB = 1024 ** 2;

export interface ConsoleRow {
  readonly minute: number;
  /** After a collection that was asked for. */
  readonly heapMiB: number;
  readonly nodes: number;
  readonly listeners: number;
  /** What the page itself says to have got. */
  readonly received: string;
  /** The longest task of the page in this minute. */
  readonly longestTaskMs: number;
  /** The longest time between two frames in this minute. */
  readonly longestFrameGapMs: number;
  readonly gatewayRssMiB: number;
}

/** Notes what makes a page stutter; asked for once a minute, and forgotten then. */
const WATCH = `(() => {
  const seen = (window.benchSeen = { task: 0, gap: 0 });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.task = Math.max(seen.task, duration);
  }).observe({ type: 'longtask' });
  let last = performance.now();
  const frame = (now) => {
    seen.gap = Math.max(seen.gap, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()`;
const READ =
  '(() => { const seen = { ...window.benchSeen }; window.benchSeen.task = window.benchSeen.gap = 0; return seen; })()';

/** The live page, open for a long time while events stream: do heap and document grow, does the page stutter? */
export async function measureConsole(): Promise<readonly ConsoleRow[]> {
  const gateway = await startGateway({ HISTORY_MAX_BYTES: String(64 * MIB) });
  const sink = await startServer('sink');
  const admin = new Admin(gateway);
  await admin.source('bench', 'flokit', flokit.credentials);
  await admin.webhook('sink', `http://127.0.0.1:${sink.port}/`);
  const browser = await startBrowser();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await openLivePage(page, gateway);
    const debugged = await page.context().newCDPSession(page);
    await debugged.send('Performance.enable');
    const sending = send(gateway);
    const rows: ConsoleRow[] = [];
    for (let minute = 1; minute <= MINUTES; minute++) {
      await sleep(60_000);
      const row = { minute, ...(await look(page, debugged)), gatewayRssMiB: round((await gateway.rssBytes()) / MIB) };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
    const { requests, byStatus } = await sending;
    console.log(JSON.stringify({ eventsSent: requests * BATCH, byStatus }));
    return rows;
  } finally {
    await browser.close();
  }
}

function send({ port }: RunningGateway): ReturnType<typeof load> {
  return load({
    port,
    path: flokit.path,
    headers: flokit.headers,
    bodies: bodies(flokit, BATCH, 250),
    connections: 4,
    warmupMs: 0,
    durationMs: MINUTES * 60_000,
    rate: EVENTS_PER_SECOND / BATCH,
  });
}

async function openLivePage(page: Page, { port, adminToken }: RunningGateway): Promise<void> {
  await page.goto(`http://127.0.0.1:${port}/console/events`);
  await page.getByLabel('Admin token').first().fill(adminToken);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.evaluate(WATCH);
}

async function look(page: Page, debugged: CDPSession): Promise<Omit<ConsoleRow, 'minute' | 'gatewayRssMiB'>> {
  // First what happened by itself: collecting is a long task of its own.
  const { task, gap } = await page.evaluate<{ readonly task: number; readonly gap: number }>(READ);
  const received = (await page.getByText(/ received/).textContent()) ?? '';
  await debugged.send('HeapProfiler.collectGarbage');
  const { metrics } = await debugged.send('Performance.getMetrics');
  await page.evaluate(READ);
  const metric = (name: string): number => metrics.find((one) => one.name === name)?.value ?? NaN;
  return {
    heapMiB: round(metric('JSHeapUsedSize') / MIB),
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    received,
    longestTaskMs: Math.round(task),
    longestFrameGapMs: Math.round(gap),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
