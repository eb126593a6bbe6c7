import { connect } from 'node:net';
import { startRedis, until, type TestRedis } from '../support/index.js';
import { ADMIN_TOKEN, pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

let redis: TestRedis;
let app: AdminApp;

beforeAll(async () => {
  redis = await startRedis();
  app = await startAdminApp(redis);
}, 60_000);

/** As bytes, for what fetch would not send. */
function exchange(head: string): Promise<string> {
  const { hostname, port } = new URL(app.baseUrl);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(head));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('\r\n\r\n')) socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('the bearer token', () => {
  it.each([
    ['GET', '/sources'],
    ['POST', '/sources'],
    ['GET', '/no/such/path'],
    ['DELETE', '/sources'],
    ['POST', '/destinations/x/pause'],
  ])('is needed for %s %s', async (method, path) => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer wrong',
      `Basic ${ADMIN_TOKEN}`,
      ADMIN_TOKEN,
      `Bearer ${ADMIN_TOKEN} x`,
    ]) {
      const answer = await app.call(method, path, undefined, { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="admin"');
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.headers.get('x-request-id')).toBeTruthy();
      expect(answer.body).toMatchObject({ status: 401, code: 'unauthorized', title: 'Unauthorized' });
    }
  });

  it.each([
    '/admin',
    '/admin/',
    '//admin//v1/sources',
    '/%61dmin/v1/sources',
    '/admin/v1/%73ources',
    '/admin/v1/sources/',
  ])('is needed for %s, however it is written', async (target) => {
    expect(await exchange(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it.each(['PROPFIND', 'HEAD', 'OPTIONS', 'TRACE'])('is needed for %s', async (method) => {
    expect(await exchange(`${method} /admin/v1/sources HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('is asked for before the body is read', async () => {
    const head =
      'POST /admin/v1/sources HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{';
    expect(await exchange(head)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('may be written with any case of the scheme', async () => {
    expect((await app.call('GET', '/sources', undefined, { authorization: `bearer ${ADMIN_TOKEN}` })).status).toBe(200);
  });
});

describe('a parameter that is given twice', () => {
  it.each([
    ['/events?sourceId=a&sourceId=b', ['/sourceId']],
    ['/events?event=a&event=a&limit=1&limit=2', ['/event', '/limit']],
    ['/events/stream?dialect=kixo&dialect=flokit', ['/dialect']],
    ['/rejections?sourceId=a&sourceId=b', ['/sourceId']],
    ['/dead-letters?destinationId=a&destinationId=b', ['/destinationId']],
    ['/dead-letter-groups?destinationId=a&destinationId=b', ['/destinationId']],
    ['/deliveries?since=2026-01-01&since=2026-01-02', ['/since']],
    ['/sources?cursor=a&cursor=b', ['/cursor']],
    ['/sources?a%2Fb=1&a%2Fb=2', ['/a~1b']],
  ])('is refused: %s', async (path, pointers) => {
    const answer = await app.call('GET', path);
    expect([answer.status, answer.body.code, pointersOf(answer)]).toEqual([422, 'validation_failed', pointers]);
  });

  it('changes nothing', async () => {
    await app.call('POST', '/destinations', { id: 'twice', name: 'Twice', type: 'log' });
    const answer = await app.call('DELETE', '/destinations/twice?discard=true&discard=false');
    expect([answer.status, pointersOf(answer)]).toEqual([422, ['/discard']]);
    expect((await app.call('GET', '/destinations/twice')).status).toBe(200);
  });
});

describe('what no handler sees', () => {
  it.each([
    ['GET', '/admin/v1/nothing', 404, 'not_found'],
    ['GET', '/admin', 404, 'not_found'],
    ['GET', '/admin/v1/sources/a/b/c', 404, 'not_found'],
  ])('%s %s is %i', async (method, path, status, code) => {
    const answer = await app.call(method, `/../..${path}`);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it.each([
    ['DELETE', '/sources', 'GET, POST'],
    ['PATCH', '/destinations', 'GET, POST'],
    ['POST', '/sources/x', 'DELETE, GET, PATCH, PUT'],
    ['GET', '/destinations/x/pause', 'POST'],
    ['OPTIONS', '/dead-letters', 'GET'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const answer = await app.call(method, path);
    expect([answer.status, answer.body.code, answer.headers.get('allow')]).toEqual([405, 'method_not_allowed', allow]);
  });

  it('a path with broken percent-encoding is 400 with a code of ours', async () => {
    const answer = await app.call('GET', '/events/%ff/trace');
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
      400,
      'malformed_request',
      'The path is not valid percent-encoding',
    ]);
  });

  it.each(['{"name":', '', '{"a":1}}', '{"__proto__":{"x":1}}', '\u0000'])('malformed JSON %j is 400', async (body) => {
    const answer = await app.call('POST', '/sources', `${body} `);
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_json']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('a body above 1 MB is 413', async () => {
    const answer = await app.call('POST', '/sources', { name: 'x'.repeat(1_000_001), dialect: 'flokit' });
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large']);
  });

  it.each([
    [{ 'content-type': 'text/plain' }, 'unsupported_media_type'],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type'],
    [{ 'content-encoding': 'gzip' }, 'unsupported_encoding'],
  ])('a body with %j is 415', async (headers: Readonly<Record<string, string>>, code) => {
    const answer = await app.call('POST', '/sources', { name: 'x', dialect: 'flokit' }, headers);
    expect([answer.status, answer.body.code]).toEqual([415, code]);
  });

  it('JSON of 100,000 levels is refused', async () => {
    const answer = await app.call('POST', '/sources', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(answer.status).toBe(422);
  });

  it('finds nothing under hostile ids', async () => {
    for (const id of ['__proto__', 'constructor', '..%2f..', '%00', 'a'.repeat(400)]) {
      expect((await app.call('GET', `/sources/${id}`)).status).toBe(404);
    }
  });
});

describe('security headers', () => {
  it.each(['/docs', '/openapi.json', '/admin/v1/sources', '/admin/v1/nothing', '/nowhere'])(
    'stand on %s',
    async (path) => {
      for (const authorization of [`Bearer ${ADMIN_TOKEN}`, 'Bearer wrong']) {
        const { headers } = await fetch(`${app.baseUrl}${path}`, { headers: { authorization } });
        expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/);
        expect(headers.get('content-security-policy')).toContain("script-src 'self';");
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
        expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
      }
    },
  );
});

describe('the documentation', () => {
  it('is one OpenAPI document of admin and ingest', async () => {
    const answer = await fetch(`${app.baseUrl}/openapi.json`);
    expect(answer.status).toBe(200);
    const document = (await answer.json()) as { openapi: string; paths: Readonly<Record<string, object>> };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/batch/events',
        '/v1/batch',
        '/admin/v1/sources',
        '/admin/v1/destinations/{id}/stats',
      ]),
    );
    expect(Object.keys(document.paths['/admin/v1/sources/{id}'] ?? {}).sort()).toEqual([
      'delete',
      'get',
      'patch',
      'put',
    ]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(
      ([, pointer]) => pointer ?? '',
    );
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((pointer) => !resolves(document, pointer))).toEqual([]);
  });

  it('promises no state of a breaker that none ever has', async () => {
    const document = (await (await fetch(`${app.baseUrl}/openapi.json`)).json()) as {
      readonly components: { readonly schemas: Readonly<Record<string, object>> };
    };
    expect(document.components.schemas.BreakerDto).toMatchObject({
      properties: { state: { enum: ['closed', 'open'] } },
    });
  });

  it('is rendered without asking anybody else', async () => {
    const page = await fetch(`${app.baseUrl}/docs`);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(3);
    // What the security policy allows: scripts from here only, none of them inline.
    expect(html).not.toMatch(/<script(?![^>]*src=)[^>]*>\s*\S/);
    for (const link of links) {
      expect(link).not.toMatch(/^(https?:)?\/\//);
      expect((await fetch(new URL(link, `${app.baseUrl}/docs`))).status).toBe(200);
    }
  });
});

function resolves(document: unknown, pointer: string): boolean {
  let at: unknown = document;
  for (const segment of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<string, unknown>)[segment.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at !== undefined;
}

describe('a store that is gone', () => {
  it('makes no call a fault of ours: what needs it is 503 with Retry-After', async () => {
    const document = (await (await fetch(`${app.baseUrl}/openapi.json`)).json()) as {
      readonly paths: Readonly<Record<string, object>>;
    };
    const calls = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/admin/v1') && !path.endsWith('/stream'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));
    await app.call('PUT', '/destinations/there', {
      name: 'x',
      type: 'webhook',
      config: { url: 'http://127.0.0.1:1/' },
    });
    const tried = { destinationId: 'there', from: 'dead-letters' };
    await redis.kill();
    const unavailable = new Set<string>();
    for (const [method, path] of calls) {
      const at = path.replace('/admin/v1', '').replace('{id}', 'there');
      const answer = await app.call(method, at, method === 'GET' || method === 'DELETE' ? undefined : tried);
      expect([method, path, answer.status]).not.toEqual([method, path, 500]);
      if (answer.status !== 503) continue;
      unavailable.add(path);
      expect(answer.body.code).toBe('store_unavailable');
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    for (const name of [
      'sources',
      'destinations/{id}',
      'tokens',
      'audit',
      'config',
      'replays',
      'replays/{id}',
      'events',
    ])
      expect(unavailable).toContain(`/admin/v1/${name}`);
    await redis.start();
    await until(async () => (await app.call('GET', '/sources')).status === 200);
  }, 60_000);

  it('is a 503 with Retry-After, and heals by itself', async () => {
    expect((await app.call('PUT', '/sources/before', { name: 'x', dialect: 'flokit' })).status).toBe(201);
    await redis.kill();
    const answer = await app.call('PUT', '/sources/during', { name: 'x', dialect: 'flokit' });
    expect([answer.status, answer.body.code]).toEqual([503, 'store_unavailable']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(app.configuration.sources.has('before')).toBe(true);
    await redis.start();
    await until(async () => (await app.call('GET', '/sources/before')).status === 200);
    expect((await app.call('GET', '/sources/during')).status).toBe(404);
  }, 30_000);
});
