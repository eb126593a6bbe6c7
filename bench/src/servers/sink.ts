import { createServer } from 'node:http';

/** Takes webhooks and counts their events without parsing them: `GET /count` answers events and when the last came. */
const MARK = Buffer.from('"received_at"');
let events = 0;
let requests = 0;
let lastAt = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ events, requests, lastAt }));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    let found = 0;
    for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.length)) found++;
    // The naive server sends bare events.
    events += Math.max(found, 1);
    requests++;
    lastAt = Date.now();
    response.writeHead(200, { 'Content-Length': 0 });
    response.end();
  });
});

server.listen(Number(process.env.PORT), '127.0.0.1');
