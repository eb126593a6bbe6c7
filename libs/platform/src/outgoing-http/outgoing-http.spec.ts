import http, { type RequestListener } from 'node:http';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { AddressPolicy } from './address-policy.js';
import { MAX_RESPONSE_BYTES, OutgoingHttp, type SendRequest, type SendResult } from './outgoing-http.js';

const loopbackAllowed = new AddressPolicy(['127.0.0.0/8']);

describe('OutgoingHttp', () => {
  const closing: (() => void)[] = [];
  let outgoing: OutgoingHttp;

  beforeEach(() => {
    outgoing = new OutgoingHttp(loopbackAllowed);
  });

  afterEach(() => {
    outgoing.onApplicationShutdown();
    closing.splice(0).forEach((close) => close());
  });

  async function listen(server: Server): Promise<string> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const serve = (listener: RequestListener): Promise<string> => listen(http.createServer(listener));
  /** A server below HTTP: `onData` decides what to write. */
  const serveRaw = (onData: (socket: Socket, text: string) => void): Promise<string> =>
    listen(net.createServer((socket) => socket.on('data', (data) => onData(socket, data.toString('latin1')))));

  const post = (url: string, more: Partial<SendRequest> = {}): Promise<SendResult> =>
    outgoing.send({ method: 'POST', url, headers: {}, body: '{}', timeoutMs: 5_000, ...more });

  it('sends method, path, headers and body as given, and answers status, headers and body', async () => {
    let seen: unknown;
    const url = await serve((request, answer) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const { host: _host, ...headers } = request.headers;
        seen = { method: request.method, path: request.url, headers, text };
        answer.writeHead(202, { 'X-Request-Id': 'r1', 'Set-Cookie': ['a=1', 'b=2'] }).end('{"ok":"ä"}');
      });
    });
    const result = await post(`${url}/a//b/?q=1`, {
      headers: { 'Content-Type': 'application/json' },
      body: '{ "x": "ü" }',
    });
    expect(seen).toEqual({
      method: 'POST',
      path: '/a//b/?q=1',
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        connection: 'keep-alive',
        'content-length': '13',
        'content-type': 'application/json',
        'user-agent': 'event-gateway',
      },
      text: '{ "x": "ü" }',
    });
    expect(result).toMatchObject({
      kind: 'response',
      status: 202,
      headers: { 'x-request-id': 'r1', 'set-cookie': 'a=1, b=2' },
      body: '{"ok":"ä"}',
      tookMs: expect.any(Number) as number,
    });
  });

  it.each([301, 400, 401, 429, 500, 503])('takes status %i for an answer', async (status) => {
    const url = await serve((_request, answer) =>
      answer.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('no'),
    );
    expect(await post(url)).toMatchObject({ kind: 'response', status, body: 'no' });
  });

  it('keeps all of an answer of 2 MiB', async () => {
    const url = await serve((_request, answer) => answer.end('x'.repeat(2_097_152)));
    const result = await post(url);
    expect(result.kind === 'response' && result.body).toBe('x'.repeat(2_097_152));
    expect(result).not.toHaveProperty('cut');
  });

  it('keeps the first 2 MiB of a longer answer and says that there was more', async () => {
    const url = await serve((_request, answer) => answer.end('x'.repeat(2_097_153)));
    const result = await post(url);
    expect(result).toMatchObject({ kind: 'response', status: 200, cut: true });
    expect(result.kind === 'response' && result.body).toBe('x'.repeat(2_097_152));
  });

  it('takes an endless answer for one of 2 MiB', async () => {
    const url = await serve((_request, answer) => {
      const more = (): void => {
        while (!answer.destroyed && answer.write('y'.repeat(65_536)));
      };
      answer.on('drain', more);
      more();
    });
    const result = await post(url);
    expect(result.kind === 'response' && result.body.length).toBe(MAX_RESPONSE_BYTES);
  });

  it.each([
    ['gzip', gzipSync('{"n":1}')],
    ['GZIP', gzipSync('{"n":1}')],
    ['deflate', deflateSync('{"n":1}')],
    ['br', brotliCompressSync('{"n":1}')],
    ['identity', Buffer.from('{"n":1}')],
    ['unheard-of', Buffer.from('{"n":1}')],
  ])('reads an answer that is encoded as %s', async (encoding, bytes) => {
    const url = await serve((_request, answer) => answer.writeHead(200, { 'content-encoding': encoding }).end(bytes));
    expect(await post(url)).toMatchObject({ kind: 'response', status: 200, body: '{"n":1}' });
  });

  it('unpacks no more of a compression bomb than it keeps', async () => {
    const bomb = gzipSync(Buffer.alloc(300_000_000, 'z'), { level: 9 });
    const url = await serve((_request, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const before = process.memoryUsage().rss;
    const result = await post(url);
    expect(result.kind === 'response' && result.body.length).toBe(MAX_RESPONSE_BYTES);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  });

  it.each(['gzip', 'deflate', 'br'])(
    'takes the status of an answer whose %s body does not unpack',
    async (encoding) => {
      const url = await serve((_request, answer) =>
        answer.writeHead(202, { 'content-encoding': encoding }).end('this was never compressed'),
      );
      expect(await post(url)).toMatchObject({ kind: 'response', status: 202, body: '' });
    },
  );

  describe('ends at its time limit', () => {
    const limit = { timeoutMs: 150 };

    it('when nothing answers', async () => {
      const result = await post(await serve(() => undefined), limit);
      expect(result).toMatchObject({ kind: 'failure', code: 'timeout', detail: 'no complete answer within 150 ms' });
      expect(result.tookMs).toBeGreaterThanOrEqual(145);
    });

    it('when headers trickle in', async () => {
      const url = await serveRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x-more: 1\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      });
      expect(await post(url, limit)).toMatchObject({ kind: 'failure', code: 'timeout' });
    });

    it('when the body trickles in', async () => {
      const url = await serve((_request, answer) => {
        const timer = setInterval(() => answer.write('.'), 20);
        answer.on('close', () => clearInterval(timer));
      });
      expect(await post(url, limit)).toMatchObject({ kind: 'failure', code: 'timeout' });
    });

    it('when a compressed body stops in the middle', async () => {
      const url = await serve((_request, answer) => {
        answer.writeHead(200, { 'content-encoding': 'gzip' }).write(gzipSync('x'.repeat(1_000)).subarray(0, 12));
      });
      expect(await post(url, limit)).toMatchObject({ kind: 'failure', code: 'timeout' });
    });

    it('when the body is not taken', async () => {
      const url = await listen(net.createServer((socket) => socket.pause()));
      expect(await post(url, { ...limit, body: 'x'.repeat(20_000_000) })).toMatchObject({
        kind: 'failure',
        code: 'timeout',
      });
    });
  });

  it('ends when its caller gives up', async () => {
    const caller = new AbortController();
    const url = await serve(() => caller.abort());
    expect(await post(url, { signal: caller.signal })).toMatchObject({ kind: 'failure', code: 'aborted' });
  });

  it('does not begin when its caller has given up already', async () => {
    let reached = false;
    const url = await serve((_request, answer) => {
      reached = true;
      answer.end();
    });
    expect(await post(url, { signal: AbortSignal.abort() })).toMatchObject({ kind: 'failure', code: 'aborted' });
    expect(reached).toBe(false);
  });

  it('tells a refused connection', async () => {
    const server = net.createServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await post(url)).toMatchObject({ kind: 'failure', code: 'connection_refused' });
  });

  it('tells a connection that was cut before the answer, in its headers and in its body', async () => {
    const cutAfter = (text: string): Promise<string> =>
      serveRaw((socket) => socket.write(text, () => socket.destroy()));
    const starts = ['', 'HTTP/1.1 200 OK\r\ncontent-le', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123'];
    for (const start of starts) {
      expect(await post(await cutAfter(start))).toMatchObject({ kind: 'failure', code: 'connection_reset' });
    }
  });

  it('tells an answer that is no HTTP', async () => {
    const url = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(await post(url)).toMatchObject({ kind: 'failure', code: 'network' });
  });

  it('tells a failed TLS handshake', async () => {
    const url = await serve((_request, answer) => answer.end());
    expect(await post(url.replace('http:', 'https:'))).toMatchObject({ kind: 'failure', code: 'tls' });
  });

  it('tells a name that does not resolve', async () => {
    expect(await post('http://no-such-host.invalid/')).toMatchObject({ kind: 'failure', code: 'dns' });
  });

  it.each(['http://10.0.0.1/', 'http://169.254.169.254/', 'ftp://example.com/', 'nonsense'])(
    'does not try %s',
    async (url) => {
      expect(await post(url)).toMatchObject({ kind: 'failure', code: 'address_not_allowed' });
    },
  );

  it('sends nothing a second time when a kept connection turns out to be dead', async () => {
    const requests: string[] = [];
    const url = await serveRaw((socket, text) => {
      requests.push(text.split('\r\n')[0] ?? '');
      // Answers the first request on a connection, and resets it in place of the second answer.
      if (requests.length === 1) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      else socket.resetAndDestroy();
    });
    expect(await post(`${url}/first`)).toMatchObject({ kind: 'response', status: 204 });
    expect(await post(`${url}/second`)).toMatchObject({ kind: 'failure', code: 'connection_reset' });
    expect(requests).toEqual(['POST /first HTTP/1.1', 'POST /second HTTP/1.1']);
  });

  it('reuses its connections', async () => {
    let connections = 0;
    const server = http.createServer((_request, answer) => answer.writeHead(202).end('{"a":1}'));
    server.on('connection', () => (connections += 1));
    const url = await listen(server);
    for (let turn = 0; turn < 10; turn += 1) expect(await post(url)).toMatchObject({ status: 202 });
    expect(connections).toBe(1);
  });

  it('lets no header value start another header', async () => {
    let names: readonly string[] = [];
    const url = await serve((request, answer) => {
      names = Object.keys(request.headers);
      answer.end();
    });
    await post(url, { headers: { 'x-key': 'a\r\nx-injected: 1' } });
    expect(names).not.toContain('x-injected');
  });
});
