import { DialectRegistry, type Dialect } from '#dialects';
import { IngestFixture } from './ingest-fixture.js';
import { World, type Stage } from './memory-ports.js';
import { exchangeInParts } from './raw-socket.js';

const registry = await DialectRegistry.load();
const stage = {} as Stage;
let fixture: IngestFixture;

beforeAll(async () => {
  fixture = await IngestFixture.start(registry.all, stage);
});
afterAll(() => fixture.close());

/** What each vendor's client reads where HTTP itself refuses. */
const REFUSALS: Readonly<Record<string, object>> = {
  flokit: { error: 'validation_error', message: 'Malformed HTTP request' },
  vibefollow: { errors: [{ code: 'bad_request', message: 'Malformed HTTP request' }] },
  kixo: { status: 'error', error: 'bad_request', message: 'Malformed HTTP request' },
  klaviyo: { errors: [{ status: 400, code: 'invalid', source: { pointer: '/data' } }] },
};

interface Client {
  readonly path: string;
  /** A good request, to the last byte. */
  readonly request: string;
}

/** A client of the dialect, known to the stage. */
function clientOf(dialect: Dialect): Client {
  const credentials = dialect.credentials.generate({}, (bytes) => Buffer.alloc(bytes, 7));
  stage.world = new World(dialect, { source: { credentials }, receivedAt: '2026-05-01T10:00:00.000Z' });
  const { path, headers, body } = dialect.sample(credentials);
  const text = JSON.stringify(body);
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(text) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return { path, request: `POST ${path} HTTP/1.1\r\nHost: gateway\r\n${lines.join('')}\r\n${text}` };
}

interface Refusal {
  readonly head: string;
  readonly body: unknown;
}

/** The last answer of those that came. */
async function refused(parts: readonly string[]): Promise<Refusal> {
  const text = await exchangeInParts(fixture.port, parts);
  const [head = '', body = ''] = text.slice(text.lastIndexOf('HTTP/1.1 ')).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  return { head, body: JSON.parse(body) as unknown };
}

const badLines = 'Host: gateway\r\nBad Header: x\r\n\r\n';

describe.each(registry.all.map((dialect) => [dialect.name, dialect] as const))(
  "a head that is refused is answered in %s's shape",
  (name, dialect) => {
    const refusal = REFUSALS[name] ?? {};
    let client: Client;
    beforeEach(() => {
      client = clientOf(dialect);
    });

    it('where its lines come one by one', async () => {
      const parts = [`POST ${client.path} HTTP/1.1\r\n`, 'Host: gateway\r\n', 'Bad Header: x\r\n\r\n'];
      expect((await refused(parts)).body).toMatchObject(refusal);
    });

    it('where its first line comes letter by letter', async () => {
      expect((await refused([...`POST ${client.path} HTTP/1.1\r\n`, badLines])).body).toMatchObject(refusal);
    });

    it('where it grows too large bit by bit', async () => {
      const flood = Array.from({ length: 40 }, (_, n) => `X-Flood-${n}: ${'x'.repeat(1_000)}\r\n`);
      const parts = [`POST ${client.path} HTTP/1.1\r\nHost: gateway\r\n`, ...flood];
      expect((await refused(parts)).body).toMatchObject(refusal);
    });

    it.each(registry.all.map((other) => [other.name, other] as const))(
      'whatever a client of %s has sent on its connection',
      async (_other, other) => {
        // Whose requests are good is for the stage to know.
        const earlier = clientOf(other).request;
        const line = `POST ${client.path} HTTP/1.1\r\n`;
        expect((await refused([earlier, line + badLines])).body).toMatchObject(refusal);
        expect((await refused([earlier, line, badLines])).body).toMatchObject(refusal);
        expect((await refused([earlier.slice(0, -4), earlier.slice(-4) + line, badLines])).body).toMatchObject(refusal);
        expect((await refused([earlier + line + badLines])).body).toMatchObject(refusal);
        expect(stage.world.appended).toHaveLength(4);
      },
    );

    it('where another request line stands in it', async () => {
      const lines = `POST ${client.path} HTTP/1.1\r\nHost: gateway\r\nPOST /nowhere HTTP/1.1\r\n\r\n`;
      expect((await refused([lines])).body).toMatchObject(refusal);
    });

    it.each(['HTTP/7', 'SMTP/1.1', ''])('where it asks for the protocol "%s"', async (protocol) => {
      expect((await refused([`POST ${client.path} ${protocol}\r\n`, badLines])).body).toMatchObject(refusal);
    });

    it('where the error lies in the body, and text of another request in it', async () => {
      const chunked = `POST ${client.path} HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const text = 'GET /admin/v1/sources HTTP/1.1\r\nHost: x\r\n\r\n';
      const parts = [chunked, `${text.length.toString(16)}\r\n${text}\r\nno length\r\n`];
      expect((await refused(parts)).body).toMatchObject(refusal);
    });
  },
);

it("heads for paths of no dialect are refused in nobody's shape, whoever used the connection before", async () => {
  const flokit = registry.all.find(({ name }) => name === 'flokit');
  if (!flokit) throw new Error('there is no FloKit');
  for (const parts of [
    ['POST /nowhere HTTP/1.1\r\n', badLines],
    [clientOf(flokit).request, 'POST /nowhere HTTP/1.1\r\n', badLines],
  ]) {
    const { head, body } = await refused(parts);
    expect(head).toMatch(/\r\nContent-Type: application\/problem\+json\r\n/);
    expect(body).toMatchObject({ status: 400, code: 'malformed_request' });
  }
});
