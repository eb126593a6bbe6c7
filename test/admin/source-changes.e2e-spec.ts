import { startRedis, until } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
}, 60_000);

describe('changing a source', () => {
  it('PUT creates, replaces, and keeps credentials that it does not name or sends back', async () => {
    const put = (body: object) => app.call('PUT', '/sources/kept', { name: 'Kept', dialect: 'flokit', ...body });
    const created = await put({ credentials: { apiKey: 'fk_kept_0001' } });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/admin/v1/sources/kept');
    const { readOnlyApiKey = '' } = created.body.credentials;

    expect((await put({ name: 'Renamed' })).status).toBe(200);
    expect(app.configuration.source('flokit', 'fk_kept_0001')?.source.name).toBe('Renamed');

    const shown = (await app.call('GET', '/sources/kept')).body;
    const sentBack = await app.call('PUT', '/sources/kept', { ...shown, enabled: false });
    expect(sentBack.status).toBe(200);
    expect(sentBack.body.credentials).toEqual(shown.credentials);
    expect(app.configuration.source('flokit', 'fk_kept_0001')?.source.enabled).toBe(false);
    expect(app.configuration.source('flokit', readOnlyApiKey)?.grant).toBe('read');
  });

  it('leaves a source alone that a PUT does not change', async () => {
    const body = { name: 'Same', dialect: 'flokit', rateLimit: null };
    const first = await app.call('PUT', '/sources/same', body);
    const second = await app.call('PUT', '/sources/same', body);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(second.body.updatedAt).toBe(first.body.updatedAt);
  });

  it('refuses another id in the body than in the address', async () => {
    const answer = await app.call('PUT', '/sources/one', { id: 'two', name: 'x', dialect: 'flokit' });
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual(['/id']);
  });

  it('PATCH merges; null removes, so that a credential is made anew', async () => {
    await app.call('PUT', '/sources/patched', {
      name: 'Before',
      dialect: 'flokit',
      credentials: { apiKey: 'fk_patched' },
      rateLimit: { requests: 5, perSeconds: 1 },
    });
    const renamed = await app.call('PATCH', '/sources/patched', { name: 'After', rateLimit: { requests: 6 } });
    expect(renamed.status).toBe(200);
    expect(renamed.body).toMatchObject({ name: 'After', rateLimit: { requests: 6, perSeconds: 1 } });
    expect(app.configuration.source('flokit', 'fk_patched')?.source.name).toBe('After');

    const without = await app.call(
      'PATCH',
      '/sources/patched',
      { rateLimit: null },
      {
        'content-type': 'application/merge-patch+json',
      },
    );
    expect(without.status).toBe(200);
    expect(without.body).not.toHaveProperty('rateLimit');

    const fresh = await app.call('PATCH', '/sources/patched', { credentials: { apiKey: null } });
    expect(typeof fresh.body.credentials.apiKey).toBe('string');
    expect(app.configuration.source('flokit', 'fk_patched')).toBeUndefined();

    const unknown = await app.call('PATCH', '/sources/patched', { colour: 'red' });
    expect(unknown.status).toBe(422);
    expect(pointersOf(unknown)).toEqual(['/colour']);
    expect((await app.call('PATCH', '/sources/patched', [])).status).toBe(422);
    expect((await app.call('PATCH', '/sources/absent', {})).status).toBe(404);
  });

  it('applies concurrent patches all', async () => {
    await app.call('PUT', '/sources/busy', { name: 'x', dialect: 'flokit', enabled: true });
    const patches = [{ name: 'y' }, { enabled: false }, { rateLimit: { requests: 1, perSeconds: 1 } }];
    const answers = await Promise.all(patches.map((patch) => app.call('PATCH', '/sources/busy', patch)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await app.call('GET', '/sources/busy')).body).toMatchObject({
      name: 'y',
      enabled: false,
      rateLimit: { requests: 1, perSeconds: 1 },
    });
  });

  it('refuses what was meant for an older state (If-Match)', async () => {
    const created = await app.call('PUT', '/sources/tagged', { name: 'a', dialect: 'flokit' });
    const etag = created.headers.get('etag') ?? '';
    const changed = await app.call('PATCH', '/sources/tagged', { name: 'b' }, { 'if-match': etag });
    expect(changed.status).toBe(200);
    for (const [method, body] of [
      ['PATCH', { name: 'c' }],
      ['PUT', { name: 'c', dialect: 'flokit' }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await app.call(method, '/sources/tagged', body, { 'if-match': etag });
      expect(answer.status).toBe(412);
      expect(answer.body.code).toBe('changed_meanwhile');
    }
    expect((await app.call('GET', '/sources/tagged')).body.name).toBe('b');
  });

  it('DELETE removes it with its credentials', async () => {
    await app.call('PUT', '/sources/gone', { name: 'x', dialect: 'flokit', credentials: { apiKey: 'fk_gone' } });
    const answer = await app.call('DELETE', '/sources/gone');
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(app.configuration.source('flokit', 'fk_gone')).toBeUndefined();
    expect((await app.call('DELETE', '/sources/gone')).status).toBe(404);
    expect((await app.call('GET', '/sources/gone')).body.code).toBe('not_found');
  });
});

describe('rotating credentials', () => {
  it('lets both work for the overlap', async () => {
    await app.call('PUT', '/sources/rotated', { name: 'x', dialect: 'flokit', credentials: { apiKey: 'fk_old' } });
    const answer = await app.call('POST', '/sources/rotated/rotate', { overlapSeconds: 1 });
    expect(answer.status).toBe(200);
    const { apiKey = '' } = answer.body.credentials;
    expect(typeof apiKey).toBe('string');
    expect(answer.body.retiringUntil).not.toBeNull();
    expect(app.configuration.source('flokit', 'fk_old')?.source.id).toBe('rotated');
    expect(app.configuration.source('flokit', apiKey)?.source.id).toBe('rotated');
    await until(() => app.configuration.source('flokit', 'fk_old') === undefined, { timeoutMs: 3_000 });
    expect(app.configuration.source('flokit', apiKey)?.source.id).toBe('rotated');
  });

  it.each([{ overlapSeconds: 0 }, undefined])('ends the ones that still retire with %j', async (body) => {
    await app.call('PUT', '/sources/leaked', { name: 'x', dialect: 'flokit', credentials: { apiKey: 'fk_leaked' } });
    const between = (await app.call('POST', '/sources/leaked/rotate', { overlapSeconds: 3_600 })).body.credentials
      .apiKey;
    expect(app.configuration.source('flokit', 'fk_leaked')?.source.id).toBe('leaked');
    const { body: rotated } = await app.call('POST', '/sources/leaked/rotate', body);
    expect(rotated.retiringUntil).toBeNull();
    expect(app.configuration.source('flokit', 'fk_leaked')).toBeUndefined();
    expect(app.configuration.source('flokit', between ?? '')).toBeUndefined();
    expect(app.configuration.source('flokit', rotated.credentials.apiKey ?? '')?.source.id).toBe('leaked');
  });

  it('ends the old ones at once without an overlap', async () => {
    await app.call('PUT', '/sources/cut', { name: 'x', dialect: 'vibefollow', credentials: { apiKey: 'sk_live_cut' } });
    expect((await app.call('POST', '/sources/cut/rotate')).status).toBe(200);
    expect(app.configuration.source('vibefollow', 'sk_live_cut')).toBeUndefined();
  });

  it('keeps what is public: the project of a Kixo pair, the company of Klaviyo', async () => {
    const kixo = { name: 'x', dialect: 'kixo', credentials: { projectId: 'kx_proj_stays', apiKey: 'kx_key_goes' } };
    await app.call('PUT', '/sources/pair', kixo);
    await app.call('POST', '/sources/pair/rotate');
    const pair = app.configuration.sources.get('pair')?.credentials;
    expect(pair?.projectId).toBe('kx_proj_stays');
    expect(pair?.apiKey).not.toBe('kx_key_goes');
    const klaviyo = { name: 'x', dialect: 'klaviyo', credentials: { privateKey: 'pk_goes', companyId: 'STAYS1' } };
    await app.call('PUT', '/sources/company', klaviyo);
    await app.call('POST', '/sources/company/rotate', { overlapSeconds: 60 });
    const company = app.configuration.sources.get('company');
    expect(company?.credentials.companyId).toBe('STAYS1');
    expect(company?.credentials.privateKey).not.toBe('pk_goes');
  });

  it('takes over given ones', async () => {
    await app.call('PUT', '/sources/given', { name: 'x', dialect: 'flokit', credentials: { apiKey: 'fk_a' } });
    const answer = await app.call('POST', '/sources/given/rotate', { credentials: { apiKey: 'fk_b_0123456789' } });
    expect(answer.body.credentials.apiKey).toEqual({ set: true, hint: '…789' });
    expect(app.configuration.source('flokit', 'fk_b_0123456789')?.source.id).toBe('given');
  });

  it.each([{ overlapSeconds: -1 }, { overlapSeconds: 'long' }, { overlapSeconds: 1e9 }])('refuses %j', async (body) => {
    await app.call('PUT', '/sources/steady', { name: 'x', dialect: 'flokit' });
    const answer = await app.call('POST', '/sources/steady/rotate', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0]?.pointer).toBe('/overlapSeconds');
  });
});
