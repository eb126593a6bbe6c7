import { createServer, type ServerResponse } from 'node:http';

/**
 * Webhook receivers of four kinds, by path: `/healthy…` answers at once, `/reset…` breaks the connection, `/slow…` answers
 * after 30 seconds, `/limited…` answers 429. `GET` answers how many events the healthy ones have had.
 */
const MARK = Buffer.from('"received_at"');
const SLOW_MS = 30_000;
let events = 0;
let lastAt = 0;

function answer(path: string, body: Buffer, response: ServerResponse): void {
  if (path.startsWith('/reset')) return void response.destroy();
  if (path.startsWith('/slow')) return void setTimeout(() => response.writeHead(200).end(), SLOW_MS);
  if (path.startsWith('/limited')) return void response.writeHead(429, { 'Retry-After': '5' }).end();
  if (path.startsWith('/healthy')) {
    for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.length)) events++;
    lastAt = Date.now();
  }
  response.writeHead(200, { 'Content-Length': 0 }).end();
}

createServer((request, response) => {
  if (request.method === 'GET') return void response.end(JSON.stringify({ events, lastAt }));
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request.url ?? '', Buffer.concat(chunks), response));
}).listen(Number(process.env.PORT), '127.0.0.1');
