import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { exchange, exchangeInParts } from '../../../../test/conformance/raw-socket.js';
import { onEnd } from '../../../../test/support/index.js';
import { afterEarlierAnswers } from './earlier-answers.js';

const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const request = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}';

/** A server that refuses what it cannot parse, in order. */
async function serve(listener: RequestListener, maxWaitMs?: number): Promise<number> {
  const server = createServer(listener);
  server.on('clientError', (_error, socket) => {
    if (socket instanceof Socket) afterEarlierAnswers(socket, () => void socket.end(REFUSAL), maxWaitMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function answerLater(response: ServerResponse, status: number, turns: number): Promise<void> {
  for (let passed = 0; passed < turns; passed++) await turn();
  response.writeHead(status, { 'Content-Length': 0 }).end();
}

const statuses = (text: string): readonly string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code ?? '');

describe('an answer to what is no HTTP', () => {
  it('comes after those of the requests before it, in their order', async () => {
    let count = 0;
    const port = await serve((_request, response) => {
      const status = 200 + ++count;
      void answerLater(response, status, 20 * (4 - count));
    });
    expect(statuses(await exchange(port, `${request}${request}${request}}`))).toEqual(['201', '202', '203', '400']);
  });

  it('comes once, however much more is no HTTP', async () => {
    const port = await serve((_request, response) => void answerLater(response, 200, 50));
    expect(statuses(await exchangeInParts(port, [`${request}}`, '}', '}']))).toEqual(['200', '400']);
  });

  it('does not wait for a request that it is about', async () => {
    const port = await serve(() => undefined);
    const broken = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n';
    expect(statuses(await exchange(port, broken))).toEqual(['400']);
  });

  it('does not come where an earlier one closes the connection', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': 0, Connection: 'close' }).end();
    });
    expect(statuses(await exchange(port, `${request}}`))).toEqual(['200']);
  });

  it('does not come in place of one that takes too long: the connection is closed', async () => {
    const port = await serve(() => undefined, 50);
    expect(await exchange(port, `${request}}`)).toBe('');
  });

  it('is forgotten with a caller who leaves', async () => {
    let answered = 0;
    const server = createServer();
    server.on('clientError', (_error, socket) => {
      if (socket instanceof Socket) afterEarlierAnswers(socket, () => void answered++);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onEnd(() => void server.close());
    const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const gone = new Promise<void>((resolve) =>
      server.on('request', (raw) => {
        raw.socket.on('close', () => resolve());
        caller.destroy();
      }),
    );
    caller.write(`${request}}`);
    await gone;
    expect(answered).toBe(0);
  });
});
