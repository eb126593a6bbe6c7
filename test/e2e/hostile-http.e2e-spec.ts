import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '../conformance/raw-socket.js';
import {
  eventsAt,
  flokitItem,
  sendHalf,
  startNeighbours,
  until,
  type HalfSent,
  type HttpAnswer,
  type Neighbours,
} from '../support/index.js';

const batchPath = '/v1/batch/events';
const invalid = (message: string) => ({ error: 'validation_error', message });

describe('hostile HTTP', () => {
  let neighbours: Neighbours;

  beforeAll(async () => {
    neighbours = await startNeighbours();
  });

  const post = (body: string | Buffer, headers?: Record<string, string>): Promise<HttpAnswer> =>
    neighbours.besides(() => neighbours.stranger.sender.post(batchPath, body, headers));

  describe('in the head', () => {
    it.each(['application/xml', 'text/plain', 'multipart/form-data; boundary=x', 'application/json5', 'nonsense', '/'])(
      'the type %s is refused',
      async (type) => {
        const answer = await post(JSON.stringify({ events: [flokitItem('typed')] }), { 'Content-Type': type });
        const message = 'Content-Type must be application/json';
        expectError(answer, 415, { error: 'unsupported_media_type', message });
      },
    );

    it('unknown encodings are refused', async () => {
      const answer = await post('{}', { 'Content-Encoding': 'gzip, gzip' });
      const message = 'Content-Encoding must be gzip, deflate or br';
      expectError(answer, 415, { error: 'unsupported_media_type', message });
    });

    it.each(['/v1/batch/events/7', '/v1', '/v1/Events', '/flokit', '/flokit/v2/events'])(
      '%s is not found',
      async (path) => {
        const { status, text, headers } = await neighbours.besides(() =>
          neighbours.stranger.sender.ask({ path, body: '{' }),
        );
        expect([status, headers['content-type']]).toEqual([404, 'application/json']);
        expect(text).toMatch(/^{"error":"not_found","message":"No such endpoint: \/.*"}$/);
      },
    );

    it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'MKCOL', 'LOCK', 'TRACE', 'QUERY'])(
      '%s is not allowed',
      async (method) => {
        const answer = await neighbours.besides(() => neighbours.stranger.sender.ask({ method, path: '/v1/events' }));
        expectError(answer, 405, { error: 'method_not_allowed', message: 'Allowed: POST' });
        expect(answer.headers.allow).toBe('POST');
      },
    );

    it('a method that is none is refused', async () => {
      const raw = await neighbours.besides(() =>
        exchange(neighbours.gateway.port, `FOO ${batchPath} HTTP/1.1\r\nHost: gateway\r\n\r\n`),
      );
      expectRaw(raw, 400, invalid('Malformed HTTP request'));
    });

    it('bad percent-encoding is refused', async () => {
      for (const path of ['/v1/%zz', '/v1/events/%', '/flokit/%c3%28']) {
        const answer = await neighbours.besides(() => neighbours.stranger.sender.ask({ path, body: '{}' }));
        expectError(answer, 400, invalid('The path is not valid percent-encoding'));
      }
    });

    it('a header of 40 kB, five thousand headers and contradicting lengths are refused', async () => {
      const flood = Array.from({ length: 5_000 }, (_, n) => `X-Flood-${n}: 1`).join('\r\n');
      const lengths = 'Content-Length: 2\r\nTransfer-Encoding: chunked';
      for (const lines of [`X-Flood: ${'x'.repeat(40_000)}`, flood, lengths, 'Content-Length: -1', 'X-Bad\0: 1']) {
        const raw = await neighbours.besides(() => exchange(neighbours.gateway.port, `${head(lines)}{}`));
        expectRaw(raw, 400, invalid('Malformed HTTP request'));
      }
    });

    it('a key as long as the header allows is a key like any other', async () => {
      const events = [flokitItem('long key')];
      const once = (end: string) => post(JSON.stringify({ events }), { 'Idempotency-Key': 'k'.repeat(15_000) + end });
      const [first, again, other] = [await once('1'), await once('1'), await once('2')];
      expect([first.status, again.status, other.status]).toEqual([200, 200, 200]);
      expect(again.text).toBe(first.text);
      expect(other.text).not.toBe(first.text);
      await until(() => neighbours.stranger.arrived('long key').length === 2);
    });
  });

  describe('behind a request', () => {
    it('a byte too many is refused after the answer to the request, whose event is kept', async () => {
      const body = JSON.stringify({ events: [flokitItem('followed')] });
      const raw = await neighbours.besides(() =>
        exchange(neighbours.gateway.port, `${head(`Content-Length: ${Buffer.byteLength(body)}`)}${body}}`),
      );
      const second = raw.lastIndexOf('HTTP/1.1 ');
      expect(raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(JSON.parse(raw.slice(raw.indexOf('\r\n\r\n'), second))).toMatchObject({ status: 'ok', accepted: 1 });
      expectRaw(raw.slice(second), 400, invalid('Malformed HTTP request'));
      await until(() => neighbours.stranger.arrived('followed').length === 1);
    });
  });

  describe('in time', () => {
    it('a body without end is cut at the limit', async () => {
      const chunk = `${(11 * 1024 * 1024).toString(16)}\r\n${' '.repeat(11 * 1024 * 1024)}\r\n`;
      const raw = await neighbours.besides(() =>
        exchange(neighbours.gateway.port, head('Transfer-Encoding: chunked\r\nConnection: close') + chunk),
      );
      expectRaw(raw, 413, { error: 'payload_too_large', message: 'Request body exceeds 10485760 bytes' });
    });

    it('bodies that stop half way hold up nobody, and are taken once they are whole', async () => {
      const callers = await halfSend(50, JSON.stringify({ events: [flokitItem('slow')] }));
      await neighbours.besides(() => delay(100));
      for (const caller of callers) caller.finish();
      for (const caller of callers) expect(await caller.answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      await until(() => neighbours.stranger.arrived('slow').length === 50);
    });

    it('bodies that break off are forgotten', async () => {
      const callers = await halfSend(50, JSON.stringify({ events: [flokitItem('aborted')] }));
      await neighbours.besides(() => delay(100));
      for (const caller of callers) caller.abort();
      await neighbours.besides(() => delay(100));
    });

    it('callers that hang up before their answer leave nothing behind', async () => {
      const callers = await halfSend(50, JSON.stringify({ events: [flokitItem('hung up')] }));
      for (const caller of callers) {
        caller.finish();
        caller.abort();
      }
      await neighbours.besides(() => delay(100));
    });
  });

  it('has harmed nobody and left nothing behind', async () => {
    await neighbours.assertUnharmed();
    const names = new Set(eventsAt(neighbours.stranger.sink).map(({ event }) => event));
    names.delete('hung up');
    expect([...names].sort()).toEqual(['followed', 'long key', 'slow']);
  });

  function head(lines: string): string {
    const own = `Authorization: Bearer ${neighbours.stranger.apiKey}\r\nContent-Type: application/json`;
    return `POST ${batchPath} HTTP/1.1\r\nHost: gateway\r\n${own}\r\n${lines}\r\n\r\n`;
  }

  function expectError({ status, headers, text }: HttpAnswer, expectedStatus: number, body: object): void {
    expect([status, JSON.parse(text)]).toEqual([expectedStatus, body]);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-request-id']).toMatch(/^req_/);
  }

  function expectRaw(raw: string, status: number, body: object): void {
    expect(raw).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(raw).toMatch(/\r\nContent-Type: application\/json\r\n/i);
    expect(raw).toMatch(/\r\nX-Request-Id: req_/i);
    expect(JSON.parse(raw.slice(raw.indexOf('\r\n\r\n')))).toEqual(body);
  }

  function halfSend(count: number, body: string): Promise<readonly HalfSent[]> {
    const text = head(`Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close`) + body;
    return Promise.all(Array.from({ length: count }, () => sendHalf(neighbours.gateway.port, text)));
  }
});
