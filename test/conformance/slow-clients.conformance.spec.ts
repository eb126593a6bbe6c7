import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DialectRegistry, IngestServer, MAX_IN_FLIGHT_BYTES } from '#dialects';
import { Readiness } from '#platform';
import { createHttpAdapter, HTTP_LIMITS, type HttpLimits } from '../../apps/gateway/src/http/http-adapter.js';
import { onEnd, until } from '../support/index.js';
import { stagePorts, World, type Stage } from './memory-ports.js';
import { exchange, firstAnswer } from './raw-socket.js';

/** As in the product, fifty times as impatient. */
const LIMITS: HttpLimits = {
  ...HTTP_LIMITS,
  headersTimeoutMs: 300,
  requestTimeoutMs: 1_200,
  keepAliveTimeoutMs: 1_400,
  silenceTimeoutMs: 2_000,
  checkIntervalMs: 50,
  maxConnections: 20,
};

const registry = await DialectRegistry.load();
const stage = {} as Stage;

async function startServer(): Promise<number> {
  const adapter = createHttpAdapter(registry, new Readiness(), LIMITS);
  const { sources, intake, rejections, limiter, observer } = stagePorts(stage);
  const newRequestId = (): string => stage.world.newRequestId();
  const settings = { maxInFlightBytes: MAX_IN_FLIGHT_BYTES, clock: () => stage.world.now, newRequestId };
  const ingest = new IngestServer(registry, sources, intake, rejections, limiter, observer, settings);
  const server = adapter.getInstance();
  ingest.register(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
  onEnd(() => server.close());
  return (server.server.address() as AddressInfo).port;
}

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly isClosed: () => boolean;
}

function open(port: number, bytes = ''): Client {
  let text = '';
  let closed = false;
  const socket = connect(port, '127.0.0.1', () => void (bytes !== '' && socket.write(bytes)));
  socket.on('data', (part) => (text += part.toString())).on('error', () => undefined);
  socket.on('close', () => (closed = true));
  onEnd(() => void socket.destroy());
  return { socket, text: () => text, isClosed: () => closed };
}

const live = 'GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n';

describe.each(registry.all.map((dialect) => [dialect.name, dialect] as const))(
  'a slow client of %s',
  (_name, dialect) => {
    const credentials = dialect.credentials.generate({}, (bytes) => Buffer.alloc(bytes, 7));
    const sample = dialect.sample(credentials);
    const body = JSON.stringify(sample.body);
    const head = [
      `POST ${sample.path} HTTP/1.1`,
      'Host: gateway',
      ...Object.entries(sample.headers).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '\r\n',
    ].join('\r\n');
    let port: number;

    beforeAll(async () => {
      stage.world = new World(dialect, { source: { credentials }, receivedAt: '2026-05-01T10:00:00.000Z' });
      port = await startServer();
    });

    it.each([
      ['body', `${head}${body.slice(0, 5)}`],
      ['headers', head.slice(0, -8)],
    ])("that never ends its %s is told so in the dialect's words, and hung up on", async (_part, bytes) => {
      const answer = await exchange(port, bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(answer).toMatch(/\r\nRetry-After: 1\r\n/i);
      expect(answer).toMatch(/\r\nConnection: close\r\n/);
      const view = { requestId: 'r', path: sample.path, query: {}, headers: {} };
      const { headers } = dialect.replyToFault({ kind: 'unavailable', retryAfterSeconds: 1 }, view);
      expect(answer).toContain(`Content-Type: ${headers['Content-Type'] ?? ''}\r\n`);
      expect(stage.world.appended).toEqual([]);
    });

    it('that sends its body bit by bit, within the time for a request, is served', async () => {
      const client = open(port, head);
      const step = Math.ceil(body.length / 6);
      for (let at = 0; at < body.length; at += step) {
        await sleep(100);
        client.socket.write(body.slice(at, at + step));
      }
      await until(() => client.text().startsWith('HTTP/1.1 20'), { what: 'the slow upload to be accepted' });
      expect(stage.world.appended).toHaveLength(1);
    });
  },
);

describe('connections', () => {
  let port: number;
  beforeAll(async () => {
    port = await startServer();
  });

  it('that say nothing are hung up on', async () => {
    const client = open(port);
    await until(() => client.isClosed(), { what: 'the silent connection to be closed' });
    expect(client.text()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });

  it('may be kept between requests, longer than the time for headers', async () => {
    const client = open(port, 'GET /v1/workspace HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await until(() => client.text().includes('HTTP/1.1 401'), { what: 'the first answer' });
    await sleep(600);
    client.socket.write('GET /v1/workspace HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await until(() => client.text().split('HTTP/1.1 401').length === 3, { what: 'the second answer' });
    expect(client.isClosed()).toBe(false);
    await until(() => client.isClosed(), { what: 'the idle connection to be closed' });
  });

  it('make room, where there are too many, if they only wait', async () => {
    const idle = Array.from({ length: 20 }, () => open(port, live));
    await until(() => idle.every(({ text }) => text().startsWith('HTTP/1.1 ')), { what: 'all to be answered' });
    // The one too many is dropped, and those that only wait with it.
    const isServed = async (): Promise<boolean> => {
      const newcomer = open(port, live);
      await until(() => newcomer.isClosed() || newcomer.text() !== '', {
        what: 'the newcomer to be served or dropped',
      });
      return newcomer.text() !== '';
    };
    await until(isServed, { what: 'a newcomer to be served' });
  });

  it('take no more headers than fit, and no body that nobody wants', async () => {
    const long = `POST /v1/batch/events HTTP/1.1\r\nHost: gateway\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`;
    expect(await exchange(port, long)).toMatch(/^HTTP\/1\.1 4\d\d /);
    const unwanted =
      'POST /nowhere HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n';
    expect(await firstAnswer(port, unwanted)).toMatch(/^HTTP\/1\.1 4(?:04|13) /);
  });
});
