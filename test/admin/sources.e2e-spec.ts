import { startRedis } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
}, 60_000);

describe('creating a source', () => {
  it('answers 201, Location and a readable id; what was given is masked', async () => {
    const answer = await app.call('POST', '/sources', {
      name: 'iOS app',
      dialect: 'kixo',
      credentials: { projectId: 'kx_proj_00000001', apiKey: 'kx_key_0123456789abcd12' },
      rateLimit: { requests: 100, perSeconds: 1 },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/admin/v1/sources/ios-app');
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(answer.body).toEqual({
      id: 'ios-app',
      name: 'iOS app',
      dialect: 'kixo',
      enabled: true,
      credentials: { projectId: { set: true, hint: '…0001' }, apiKey: { set: true, hint: '…cd12' } },
      rateLimit: { requests: 100, perSeconds: 1 },
      retiringUntil: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      updatedAt: answer.body.createdAt,
    });
    const read = await app.call('GET', '/sources/ios-app');
    expect(read.status).toBe(200);
    expect(read.body).toEqual(answer.body);
    expect(read.text).not.toContain('kx_key_0123456789abcd12');
  });

  it('shows generated credentials once', async () => {
    const answer = await app.call('POST', '/sources', { id: 'Generated_1', name: 'Web', dialect: 'flokit' });
    expect(answer.status).toBe(201);
    const { apiKey = '' } = answer.body.credentials;
    expect(typeof apiKey).toBe('string');
    const read = await app.call('GET', '/sources/Generated_1');
    expect(read.body.credentials.apiKey).toEqual({ set: true, hint: `…${apiKey.slice(-4)}` });
    expect(app.configuration.source('flokit', apiKey)).toMatchObject({ source: { id: 'Generated_1' }, grant: 'write' });
    expect(app.configuration.source('vibefollow', apiKey)).toBeUndefined();
  });

  it('gives every name an id, also where the slug is taken or empty', async () => {
    const ids = [];
    for (const name of ['Twice', 'twice', '…']) {
      ids.push((await app.call('POST', '/sources', { name, dialect: 'flokit' })).body.id);
    }
    expect(ids[0]).toBe('twice');
    expect(ids[1]).toMatch(/^twice-[0-9a-f]{8}$/);
    expect(ids[2]).toMatch(/^[0-9a-f]{8}$/);
  });

  it.each([
    [{ dialect: 'flokit' }, ['/name']],
    [{ name: 'x', dialect: 'morse' }, ['/dialect']],
    [{ name: ' ', dialect: 'flokit' }, ['/name']],
    [{ name: 'x', dialect: 'flokit', colour: 'red' }, ['/colour']],
    [{ name: 'x', dialect: 'flokit', 'a/b~c': 1 }, ['/a~1b~0c']],
    [{ name: 'x', dialect: 'flokit', id: 'white space' }, ['/id']],
    [{ name: 'x', dialect: 'flokit', id: '__proto__' }, ['/id']],
    [{ name: 'x', dialect: 'flokit', enabled: 'yes' }, ['/enabled']],
    [{ name: 'x', dialect: 'flokit', credentials: { apiKey: 5 } }, ['/credentials/apiKey']],
    [{ name: 'x', dialect: 'flokit', credentials: { apiKey: { set: false } } }, ['/credentials/apiKey']],
    [{ name: 'x', dialect: 'flokit', credentials: { nonsense: 'x' } }, ['/credentials/nonsense']],
    [{ name: 'x', dialect: 'flokit', credentials: { apiKey: 'same', readOnlyApiKey: 'same' } }, ['/credentials']],
    [{ name: 'x', dialect: 'flokit', credentials: ['x'] }, ['/credentials']],
    [{ name: 'x', dialect: 'flokit', rateLimit: { requests: 0, perSeconds: 1 } }, ['/rateLimit/requests']],
    [{ name: 'x', dialect: 'flokit', rateLimit: [{ requests: 1, perSeconds: 0.001 }] }, ['/rateLimit/0/perSeconds']],
    [{ name: 'x', dialect: 'flokit', rateLimit: [] }, ['/rateLimit']],
    [{ name: 'x', dialect: 'flokit', rateLimit: 'fast' }, ['/rateLimit']],
    [[], ['']],
    [null, ['']],
    ['"text"', ['']],
  ])('refuses %j with its pointer', async (body, pointers) => {
    const answer = await app.call('POST', '/sources', body === null ? 'null' : body);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ type: 'about:blank', status: 422, code: 'validation_failed' });
    expect(pointersOf(answer)).toEqual(pointers);
  });

  it('refuses an id that is taken', async () => {
    await app.call('PUT', '/sources/taken', { name: 'x', dialect: 'flokit' });
    const answer = await app.call('POST', '/sources', { id: 'taken', name: 'x', dialect: 'flokit' });
    expect(answer.status).toBe(409);
    expect(answer.body.code).toBe('already_exists');
  });

  it('refuses a credential that another source of the dialect has', async () => {
    await app.call('POST', '/sources', { name: 'First', dialect: 'flokit', credentials: { apiKey: 'fk_shared' } });
    const second = { name: 'Second', dialect: 'flokit', credentials: { apiKey: 'fk_shared' } };
    const answer = await app.call('POST', '/sources', second);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([
      { pointer: '/credentials/apiKey', message: 'is already a credential of the source "first"' },
    ]);
    expect((await app.call('POST', '/sources', { ...second, dialect: 'vibefollow' })).status).toBe(201);
  });
});

describe('listing sources', () => {
  it('pages by cursor, each once, in the order of their ids', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await app.call('GET', `/sources?limit=3${query}`);
      expect(body.data.length).toBeLessThanOrEqual(3);
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    const all = (await app.call('GET', '/sources?limit=250')).body;
    expect(all.nextCursor).toBeNull();
    expect(seen).toEqual(all.data.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort());
  });

  it.each(['limit=0', 'limit=251', 'limit=ten', 'limit=', 'cursor=nonsense', 'cursor='])(
    'refuses %s',
    async (query) => {
      const answer = await app.call('GET', `/sources?${query}`);
      expect(answer.status).toBe(422);
      expect(pointersOf(answer)).toEqual([`/${query.split('=')[0]}`]);
    },
  );
});
