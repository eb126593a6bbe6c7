import { exchange, firstAnswer } from '../conformance/raw-socket.js';
import { startNeighbours, type HttpAnswer, type Neighbours } from '../support/index.js';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('hostile input', () => {
  let neighbours: Neighbours;

  beforeAll(async () => {
    neighbours = await startNeighbours();
  });

  describe.each([
    {
      dialect: 'vibefollow',
      credentials: { apiKey: 'sk_live_1' },
      path: '/api/v1/events/batch',
      type: 'application/json',
      authorization: 'Bearer sk_live_1',
      notJson: { errors: [{ code: 'bad_request', message: 'Request body must be valid JSON' }] },
      unknown: ['/api/v1/nowhere', { errors: [{ code: 'not_found', message: 'No such resource' }] }],
      malformed: { errors: [{ code: 'bad_request', message: 'Malformed HTTP request' }] },
      hostless: { errors: [{ code: 'bad_request', message: 'The Host header is missing' }] },
    },
    {
      dialect: 'kixo',
      credentials: { projectId: 'kx_proj_1', apiKey: 'kx_key_1' },
      path: '/v1/batch',
      type: 'application/json',
      authorization: undefined,
      notJson: { status: 'error', error: 'invalid_json', message: 'Request body must be a JSON object' },
      unknown: ['/kixo/v1/nowhere', { status: 'error', error: 'not_found', message: 'No such endpoint' }],
      malformed: { status: 'error', error: 'bad_request', message: 'Malformed HTTP request' },
      hostless: { status: 'error', error: 'bad_request', message: 'The Host header is missing' },
    },
    {
      dialect: 'klaviyo',
      credentials: { privateKey: 'pk_1' },
      path: '/api/events',
      type: 'application/vnd.api+json',
      authorization: 'Klaviyo-API-Key pk_1',
      notJson: { errors: [{ status: 400, code: 'parse_error', source: { pointer: '/data' } }] },
      unknown: ['/api/nowhere', { errors: [{ status: 404, code: 'not_found', source: { pointer: '/data' } }] }],
      malformed: { errors: [{ status: 400, code: 'invalid', source: { pointer: '/data' } }] },
      hostless: { errors: [{ status: 400, code: 'invalid', detail: 'The Host header is missing' }] },
    },
  ] as const)('to $dialect is answered as $dialect answers', (foreign) => {
    beforeAll(async () => {
      const { dialect, credentials } = foreign;
      await neighbours.stranger.admin.createSource({ name: dialect, dialect, credentials });
    });

    const headers = (): Record<string, string> => ({
      'Content-Type': foreign.type,
      ...(foreign.authorization === undefined ? {} : { Authorization: foreign.authorization }),
      ...(foreign.dialect === 'klaviyo' ? { revision: '2026-07-15' } : {}),
    });

    const ask = (path: string, body: string, method = 'POST'): Promise<HttpAnswer> =>
      neighbours.besides(() => neighbours.stranger.sender.ask({ method, path, headers: headers(), body }));

    it('when it is no JSON, or a million levels deep', async () => {
      const broken = await ask(foreign.path, '{"data":');
      expect([broken.status, broken.headers['content-type']]).toEqual([400, foreign.type]);
      expect(JSON.parse(broken.text)).toMatchObject(foreign.notJson);
      const deep = await ask(foreign.path, `{"events":${nested(1_000_000)}}`);
      expect([deep.status, deep.headers['content-type']]).toEqual([400, foreign.type]);
      expect(Object.keys(JSON.parse(deep.text) as object)).toEqual(Object.keys(foreign.malformed));
    });

    it('when nobody knows the path or the method', async () => {
      const [path, body] = foreign.unknown;
      const unknown = await ask(path, '{}');
      expect([unknown.status, JSON.parse(unknown.text)]).toMatchObject([404, body]);
      const wrong = await ask(foreign.path, '', 'PROPFIND');
      expect([wrong.status, wrong.headers['content-type'], wrong.headers.allow]).toEqual([405, foreign.type, 'POST']);
    });

    it('when HTTP itself is broken', async () => {
      const lines = `POST ${foreign.path} HTTP/1.1\r\nHost: gateway\r\nX-Flood: ${'x'.repeat(40_000)}\r\n\r\n`;
      const raw = await neighbours.besides(() => exchange(neighbours.gateway.port, lines));
      expect(raw).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(raw).toContain(`Content-Type: ${foreign.type}\r\n`);
      expect(JSON.parse(raw.slice(raw.indexOf('\r\n\r\n')))).toMatchObject(foreign.malformed);
    });

    it('when it names no host', async () => {
      const own = Object.entries({ ...headers(), 'Content-Length': '2' }).map((pair) => pair.join(': '));
      const lines = [`POST ${foreign.path} HTTP/1.1`, ...own, '\r\n{}'].join('\r\n');
      const raw = await neighbours.besides(() => firstAnswer(neighbours.gateway.port, lines));
      expect(raw).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(raw).toMatch(/\r\nX-Request-Id: req_/);
      expect(raw).toContain(`Content-Type: ${foreign.type}\r\n`);
      expect(JSON.parse(raw.slice(raw.indexOf('\r\n\r\n')))).toMatchObject(foreign.hostless);
    });
  });

  it('has harmed nobody', async () => {
    await neighbours.assertUnharmed();
    expect(neighbours.stranger.sink.requests).toEqual([]);
  });
});
