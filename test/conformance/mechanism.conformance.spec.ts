import { connect } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { CanonicalEvent } from '#canonical';
import { dialectFolders, loadDialect, type CredentialPlace, type Dialect, type IngestRoute } from '#dialects';
import type { GoldenRequest, GoldenState } from './golden.js';
import { IngestFixture, type HttpAnswer } from './ingest-fixture.js';
import { World, type Stage } from './memory-ports.js';
import { answerBeforeBody, exchange, firstAnswer } from './raw-socket.js';
import { storedRequest } from './stored-request.js';

const ROOT = join(import.meta.dirname, '../../libs/dialects/src');
/** Mutated requests per dialect; a long run: `MUTATIONS=250000 npm run jest -- mechanism`. */
const MUTATIONS = Number(process.env.MUTATIONS ?? 400);
const RECEIVED_AT = '2026-05-01T10:00:00.000Z';
/** Every dialect has a place for it. */
const EVENT: CanonicalEvent = {
  id: 'evt_00000000000000000000',
  type: 'track',
  event: 'signed_up',
  user_id: 'u-1',
  anonymous_id: 'a-1',
  timestamp: RECEIVED_AT,
  received_at: RECEIVED_AT,
  properties: {},
  source: { id: 'src-1', dialect: 'sample' },
};

/** What every dialect owes its callers, whatever its words: tried with the dialect's own sample request. */
describe.each(await dialectFolders(ROOT))('ingest of %s', (folder) => {
  const stage = {} as Stage;
  let dialect: Dialect;
  let fixture: IngestFixture;
  let route: IngestRoute;
  let credentials: Readonly<Record<string, string>>;
  let sample: { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };
  let contentType: string | undefined;

  beforeAll(async () => {
    dialect = await loadDialect(ROOT, folder);
    credentials = dialect.credentials.generate({}, (bytes) => Buffer.alloc(bytes, 7));
    sample = dialect.sample(credentials);
    const found = dialect.routes.find(({ path }) => path === sample.path);
    if (!found) throw new Error(`the sample's path ${sample.path} is no route`);
    route = found;
    fixture = await IngestFixture.start([dialect], stage);
    stage.world = newWorld();
    contentType = (await fixture.send({ path: `/${folder}/no/such/path` })).headers['content-type'];
  });
  beforeEach(() => {
    stage.world = newWorld();
  });
  afterAll(() => fixture.close());

  const newWorld = (state?: GoldenState): World =>
    new World(dialect, { source: { credentials }, receivedAt: RECEIVED_AT, ...(state && { state }) });
  const send = (changes: Partial<GoldenRequest> = {}): Promise<HttpAnswer> => fixture.send({ ...sample, ...changes });
  const sendBytes = (bytes: Buffer, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    fixture.send({
      path: sample.path,
      headers: { ...sample.headers, ...headers },
      base64Body: bytes.toString('base64'),
    });
  const head = (path: string, extra: string): string => {
    const lines = Object.entries(sample.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST ${path} HTTP/1.1\r\nHost: gateway\r\n${lines.join('')}${extra}\r\n\r\n`;
  };

  function expectRefusal(answer: HttpAnswer, status: number): void {
    expect(answer.body).toMatch(/^\{/);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe(contentType);
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
    expect(() => void JSON.parse(answer.body)).not.toThrow();
    expect(stage.world.appended).toHaveLength(0);
  }

  it('takes its own sample, wherever the path is written', async () => {
    const paths = [
      sample.path,
      `${sample.path}/`,
      `/${sample.path}`,
      `/${folder}${sample.path}`,
      `//${folder}/${sample.path}//`,
    ];
    const answers = [];
    for (const path of paths) answers.push((await send({ path })).status);
    expect(answers.every((status) => status >= 200 && status < 300)).toBe(true);
    expect(new Set(answers).size).toBe(1);
    expect(stage.world.appended).toHaveLength(paths.length);
  });

  it('takes compressed bodies', async () => {
    const bytes = Buffer.from(JSON.stringify(sample.body));
    await sendBytes(gzipSync(bytes), { 'Content-Encoding': 'gzip' });
    await sendBytes(deflateSync(bytes), { 'Content-Encoding': 'deflate' });
    await sendBytes(brotliCompressSync(bytes), { 'Content-Encoding': 'br' });
    expect(stage.world.appended).toHaveLength(3);
    expectRefusal(await sendBytes(bytes.subarray(1), { 'Content-Encoding': 'gzip' }).then(relax), 400);
    expectRefusal(await sendBytes(bytes, { 'Content-Encoding': 'zstd' }).then(relax), 415);
  });

  it('counts a body decompressed, however long it came', async () => {
    const bytes = Buffer.from(JSON.stringify(sample.body).padEnd(route.maxBodyBytes));
    const longer = gzipSync(bytes, { level: 0 });
    expect(longer.length).toBeGreaterThan(route.maxBodyBytes);
    expect((await sendBytes(longer, { 'Content-Encoding': 'gzip' })).status).toBeLessThan(300);
    stage.world.appended.pop();
    expectRefusal(await sendBytes(gzipSync(Buffer.concat([bytes, bytes])), { 'Content-Encoding': 'gzip' }), 413);
  });

  it('lets scripts of any page read what HTTP itself refuses, where they may call', async () => {
    for (const { path } of dialect.routes) {
      const isOpen = dialect.cors?.paths.some((open) => open === path || (open.endsWith('/') && path.startsWith(open)));
      const text = await firstAnswer(fixture.port, head(path, `X-Flood: ${'x'.repeat(40_000)}\r\nContent-Length: 0`));
      expect([path, text.includes('Access-Control-Allow-Origin: *')]).toEqual([path, isOpen === true]);
    }
  });

  /** Earlier requests of a test have appended what they should; from here on nothing more may be. */
  function relax(answer: HttpAnswer): HttpAnswer {
    stage.world.appended.splice(0, 3);
    return answer;
  }

  it('answers bodies that are no JSON in its own shape', async () => {
    expectRefusal(await send({ rawBody: '{"a":' }), 400);
    expectRefusal(await send({ rawBody: '' }), 400);
    expectRefusal(await sendBytes(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), 400);
  });

  it('answers other content types in its own shape', async () => {
    expectRefusal(await send({ headers: { ...sample.headers, 'Content-Type': 'application/xml' } }), 415);
  });

  it('knows nobody where there is no source', async () => {
    stage.world = new World(dialect, { source: null, receivedAt: RECEIVED_AT });
    expectRefusal(await send(), 401);
  });

  it('knows a caller by every credential that it takes, where it says that callers put it', async () => {
    const places = dialect.credentialPlaces.map((place) => ({ place, texts: textsOf(dialect, place.member) }));
    for (const { place, texts } of places) {
      const target = [...dialect.routes, ...dialect.probes].find(({ grant }) => [grant].flat().includes(place.grant));
      if (!target) throw new Error(`no route grants ${place.grant}`);
      const { method, path } = target;
      const content = 'encode' in target ? { body: target.encode([EVENT]) } : {};
      const typed: Record<string, string> = 'encode' in target ? { 'Content-Type': target.contentTypes[0] ?? '' } : {};
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const own = { ...credentials, [place.member]: text };
          stage.world = new World(dialect, { source: { credentials: own }, receivedAt: RECEIVED_AT });
          const { headers, query } = placed(place, text);
          const answer = await fixture.send({
            method,
            path: path + query,
            headers: { ...headers, ...typed },
            ...content,
          });
          expect([answer.status < 300, text]).toEqual([true, text]);
        }),
        { numRuns: 50, examples: [['x'.repeat(1_000)]] },
      );
    }
  });

  it('answers unknown paths and methods in its own shape', async () => {
    expectRefusal(await send({ path: `/${folder}/no/such/path` }), 404);
    expectRefusal(await send({ path: `/${folder}` }), 404);
    for (const method of ['PUT', 'GET', 'DELETE', 'PROPFIND']) {
      const answer = await fixture.send({ path: sample.path, method });
      expectRefusal(answer, 405);
      expect(answer.headers.allow).toBe('POST');
    }
    const headAnswer = await fixture.send({ path: sample.path, method: 'HEAD' });
    expect([headAnswer.status, headAnswer.body]).toEqual([405, '']);
    expect((await fixture.send({ path: sample.path, method: 'OPTIONS' })).status).toBe(204);
  });

  it('refuses a body over the limit by its announced length alone', async () => {
    const text = await firstAnswer(fixture.port, head(sample.path, `Content-Length: ${route.maxBodyBytes + 1}`));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain(`Content-Type: ${contentType}`);
  });

  it('counts a body of unknown length', async () => {
    const bytes = Buffer.alloc(route.maxBodyBytes + 1, 0x20);
    expectRefusal(await sendBytes(bytes, { 'Transfer-Encoding': 'chunked' }), 413);
  });

  it('answers what HTTP itself refuses in its own shape', async () => {
    const brokenChunk = `${head(sample.path, 'Transfer-Encoding: chunked')}zz\r\n`;
    const unknownMethod = `FOO ${sample.path} HTTP/1.1\r\nHost: gateway\r\n\r\n`;
    const headerFlood = head(sample.path, `X-Flood: ${'x'.repeat(40_000)}\r\nContent-Length: 0`);
    const absolute = `FOO http://gateway.test${sample.path} HTTP/1.1\r\nHost: gateway\r\n\r\n`;
    for (const bytes of [brokenChunk, unknownMethod, headerFlood, absolute]) {
      const text = await exchange(fixture.port, bytes);
      expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(text).toContain(`Content-Type: ${contentType}`);
      expect(text).toMatch(/X-Request-Id: req_/i);
    }
    expect(await fixture.send({ path: `/${folder}/%zz` }).then(({ headers }) => headers['content-type'])).toBe(
      contentType,
    );
  });

  it('lets a caller read why it was refused before its connection is closed', async () => {
    const length = route.maxBodyBytes + 1;
    const lines = head(sample.path, `Connection: close\r\nContent-Length: ${length}`);
    const text = await answerBeforeBody(fixture.port, lines, Buffer.alloc(length, 0x20));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain(`Content-Type: ${contentType}`);
  });

  it('takes a request whatever else it expects', async () => {
    expect((await send({ headers: { ...sample.headers, Expect: 'nothing-known' } })).status).toBe(
      (await send()).status,
    );
    expect(stage.world.appended).toHaveLength(2);
  });

  it('says 503 with Retry-After when it cannot keep events', async () => {
    for (const state of ['unavailable', 'shedding'] as const) {
      stage.world = newWorld(state);
      const answer = await send();
      expectRefusal(answer, route.ownQueueFull && state === 'shedding' ? 429 : 503);
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    }
  });

  it('says so as well when it has no memory for a body, packed or unpacked', async () => {
    const plain = Buffer.alloc(100_000, 0x20);
    const tight = await IngestFixture.start([dialect], stage, 10_000);
    for (const { path, ownQueueFull } of dialect.routes.filter((one) => one === route || one.ownQueueFull)) {
      for (const [bytes, encoding] of [[plain, 'identity'] as const, [gzipSync(plain), 'gzip'] as const]) {
        const headers = { ...sample.headers, 'Content-Encoding': encoding };
        const answer = await tight.send({ path, headers, base64Body: bytes.toString('base64') });
        expectRefusal(answer, ownQueueFull ? 429 : 503);
        expect(answer.headers['retry-after']).toBe('1');
      }
    }
    await tight.close();
  });

  it('says 429 with Retry-After over the limit', async () => {
    stage.world = newWorld('limited');
    const answer = await send();
    expectRefusal(answer, 429);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  });

  it('tells nothing of a fault of its own', async () => {
    stage.world = newWorld('crash');
    const answer = await send();
    expectRefusal(answer, answer.status);
    expect([500, 503]).toContain(answer.status);
    expect(answer.body).not.toContain('secret');
    expect(stage.world.failures).toHaveLength(1);
  });

  it('survives any depth anywhere', async () => {
    const text = JSON.stringify(sample.body);
    const places = [...text.matchAll(/\{/g)].map(({ index }) => index + 1);
    for (const levels of [101, 5_000, 50_000, 1_000_000]) {
      const nest = `"zz":${'['.repeat(levels)}${']'.repeat(levels)},`;
      for (const place of places) {
        const answer = await send({ rawBody: text.slice(0, place) + nest + text.slice(place) });
        expect(answer.status).toBeLessThan(500);
        expect(stage.world.appended).toHaveLength(0);
      }
    }
    expect(stage.world.failures).toEqual([]);
  });

  it('lets go of what an aborted upload held', async () => {
    const size = Buffer.byteLength(JSON.stringify(sample.body));
    const small = await IngestFixture.start([dialect], stage, size);
    try {
      const socket = connect(small.port, '127.0.0.1');
      socket.write(`${head(sample.path, `Content-Length: ${size}`)}${' '.repeat(size - 1)}`);
      const statusNow = async (): Promise<number> => (await small.send({ ...sample })).status;
      await until(async () => (await statusNow()) === 503);
      socket.destroy();
      await until(async () => (await statusNow()) < 300);
    } finally {
      await small.close();
    }
  });

  it(
    'answers mutated requests in its own shape, never with 5xx',
    async () => {
      const text = JSON.stringify(sample.body);
      const mutation = fc.tuple(fc.nat(text.length), fc.nat(12), fc.oneof(fc.string({ maxLength: 8 }), fc.json()));
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
          let rawBody = text;
          stage.world = newWorld();
          for (const [at, cut, put] of mutations) rawBody = rawBody.slice(0, at) + put + rawBody.slice(at + cut);
          const { status, headers, body } = await send({ rawBody });
          expect([status < 500, stage.world.failures]).toEqual([true, []]);
          stage.world.appended.forEach((append, request) => route.decode(storedRequest(append, request)));
          if (status >= 300)
            expect([headers['content-type'], typeof JSON.parse(body)]).toEqual([contentType, 'object']);
        }),
        { numRuns: MUTATIONS },
      );
    },
    10_000 + 20 * MUTATIONS,
  );
});

/** Any text that the dialect's schema takes for this credential. */
function textsOf({ credentials }: Dialect, member: string): fc.Arbitrary<string> {
  const { properties } = credentials.schema as {
    readonly properties: Readonly<Record<string, { readonly pattern?: string; readonly minLength?: number }>>;
  };
  const { pattern, minLength = 0 } = properties[member] ?? {};
  return pattern === undefined
    ? fc.string({ unit: 'binary', minLength, maxLength: 100 })
    : fc.stringMatching(new RegExp(pattern));
}

function placed(
  { scheme, prefix = '' }: CredentialPlace,
  text: string,
): { readonly headers: Readonly<Record<string, string>>; readonly query: string } {
  const value = prefix + text;
  if (scheme.type === 'http') return { headers: { Authorization: `Bearer ${value}` }, query: '' };
  if (scheme.in === 'header') return { headers: { [scheme.name]: value }, query: '' };
  return { headers: {}, query: `?${scheme.name}=${encodeURIComponent(value)}` };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the condition did not come true within 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
