import { createServer } from 'node:http';

/** The least a server can do with a batch: read it, parse it, answer. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { events: unknown[] };
    const answer = JSON.stringify({ status: 'ok', accepted: body.events.length });
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) });
    response.end(answer);
  });
});

server.listen(Number(process.env.PORT), '127.0.0.1');
