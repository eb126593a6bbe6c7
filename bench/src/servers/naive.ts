import { createServer, request as post, Agent } from 'node:http';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/**
 * What a good engineer builds in an afternoon: an HTTP server that adds one BullMQ job per event and destination, and a
 * worker that posts each event. The same Redis settings as the gateway's.
 */
const path = process.env.REDIS_SOCKET ?? '';
const targets = (process.env.TARGETS ?? '').split(',').filter((target) => target !== '');
const queue = new Queue('events', { connection: new Redis({ path, maxRetriesPerRequest: null }) });
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const options = { removeOnComplete: true, attempts: 5, backoff: { type: 'exponential', delay: 1_000 } } as const;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => void accept(JSON.parse(Buffer.concat(chunks).toString()) as { events: unknown[] }, response));
});

async function accept(body: { events: unknown[] }, response: import('node:http').ServerResponse): Promise<void> {
  const destinations = targets.length === 0 ? [''] : targets;
  const jobs = body.events.flatMap((event) =>
    destinations.map((target) => ({ name: 'event', data: { target, event }, opts: options })),
  );
  await queue.addBulk(jobs);
  const answer = JSON.stringify({ status: 'ok', accepted: body.events.length });
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) });
  response.end(answer);
}

function deliver(target: string, event: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(event);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const outgoing = post(target, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(String(answer.statusCode)))));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

if (targets.length > 0) {
  new Worker<{ target: string; event: unknown }>('events', (job) => deliver(job.data.target, job.data.event), {
    connection: new Redis({ path, maxRetriesPerRequest: null }),
    concurrency: 50,
  });
}
server.listen(Number(process.env.PORT), '127.0.0.1');
