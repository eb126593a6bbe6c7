import { connect, type Socket } from 'node:net';
import { flokitItem, onEnd, openLine, startGateway, until, type Gateway, type Line } from '../support/index.js';

/** A long run: `SLOW_CLIENTS=5000 npm run jest -- slow-clients`. */
const SLOW_CLIENTS = Number(process.env.SLOW_CLIENTS ?? 300);
const HEALTHY_REQUESTS = 100;

let gateway: Gateway;
let line: Line;

beforeAll(async () => {
  gateway = await startGateway();
  line = await openLine(gateway);
}, 120_000);

function open(bytes: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => {
      if (bytes !== '') socket.write(bytes);
      resolve(socket);
    });
    socket.once('error', reject);
    onEnd(() => void socket.destroy());
  });
}

it('a crowd of slow clients does not hold up a healthy one', async () => {
  const head = [
    'POST /v1/batch/events HTTP/1.1',
    'Host: gateway',
    'Content-Type: application/json',
    `Authorization: Bearer ${line.apiKey}`,
  ].join('\r\n');
  const body = '\r\nContent-Length: 250000\r\n\r\n{';
  const manners = ['', `${head}\r\nX-Slow: `, head + body, head.replace(line.apiKey, 'unknown') + body];
  const crowd = await Promise.all(
    Array.from({ length: SLOW_CLIENTS }, (_, n) => open(manners[n % manners.length] ?? '')),
  );
  await until(async () => (await openFiles()) > SLOW_CLIENTS, { what: 'the whole crowd to be connected' });
  // A byte now and then from those who have begun, so that they are not merely idle.
  const speaking = crowd.filter((_, n) => n % manners.length !== 0);
  const drip = setInterval(() => speaking.forEach((socket) => socket.writable && socket.write('a')), 250);
  onEnd(() => clearInterval(drip));

  let slowestMs = 0;
  for (let n = 0; n < HEALTHY_REQUESTS; n++) {
    const startedAt = performance.now();
    await line.sender.accepted([flokitItem('healthy', { properties: { n } })]);
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  }
  expect(slowestMs).toBeLessThan(5_000);
  await until(() => line.arrived('healthy').length === HEALTHY_REQUESTS, { what: 'all to arrive' });
});

async function openFiles(): Promise<number> {
  const metrics = await (await fetch(`${gateway.baseUrl}/metrics`)).text();
  return Number(/^process_open_fds (\d+)/m.exec(metrics)?.[1]);
}
