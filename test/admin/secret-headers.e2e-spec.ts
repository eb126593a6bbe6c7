import { startRedis } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

let app: AdminApp;
const url = 'https://example.com/hook';

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
}, 60_000);

const hook = (headers: object, credentials: object = {}) => ({
  name: 'Hook',
  type: 'webhook',
  config: { url, headers },
  credentials,
});
const masked = (hint: string) => ({ set: true, hint });
const stored = (id: string) => app.configuration.destinations.get(id);

describe('a header that carries a secret', () => {
  it('is kept as a credential: never shown, and stored when an answer is sent back', async () => {
    const given = { 'X-Api-Key': 'key-0123456789-cd12', 'X-Env': 'prod' };
    const created = await app.call('PUT', '/destinations/kept', hook(given));
    expect(created.status).toBe(201);
    const read = await app.call('GET', '/destinations/kept');
    const exported = await app.call('GET', '/config');
    for (const { text } of [created, read, exported]) expect(text).not.toContain('key-0123456789');
    expect(read.body).toMatchObject({
      config: { url, headers: { 'X-Env': 'prod' } },
      credentials: { 'header:x-api-key': masked('…cd12') },
    });

    const [put, applied] = [
      await app.call('PUT', '/destinations/kept', read.body),
      await app.call('PUT', '/config', exported.body),
    ];
    expect([put.status, put.body.credentials]).toEqual([200, read.body.credentials]);
    expect(applied.body).toMatchObject({ updated: [], unchanged: [{ kind: 'destination', id: 'kept' }] });
    expect(stored('kept')?.credentials).toMatchObject({ 'header:x-api-key': 'key-0123456789-cd12' });
  });

  it('is replaced where it was given, and removed as a credential', async () => {
    await app.call('PUT', '/destinations/changed', hook({ Authorization: 'Basic first' }));
    await app.call('PATCH', '/destinations/changed', { config: { headers: { Authorization: 'Basic second' } } });
    expect(stored('changed')).toMatchObject({
      config: { url },
      credentials: { 'header:authorization': 'Basic second' },
    });
    const removed = await app.call('PATCH', '/destinations/changed', { credentials: { 'header:authorization': null } });
    expect(removed.body.credentials).toEqual({ signingSecret: expect.objectContaining({ set: true }) as object });
  });

  it.each([
    [{ 'X-Api-Key': null }, { 'header:authorization': 'Basic a' }, { 'X-Env': 'prod' }],
    [{ 'x-api-KEY': null, Authorization: 'Basic b' }, { 'header:authorization': 'Basic b' }, { 'X-Env': 'prod' }],
    [{ 'X-Env': null, 'X-Other': null }, { 'header:authorization': 'Basic a', 'header:x-api-key': 'k' }, {}],
    [null, {}, undefined],
  ])('is taken back where it was given, by a patch of %j', async (headers, credentials, open) => {
    const given = { 'X-Api-Key': 'k', Authorization: 'Basic a', 'X-Env': 'prod' };
    await app.call('PUT', '/destinations/back', { ...hook(given), paused: false });
    const answer = await app.call('PATCH', '/destinations/back', { config: { headers } });
    expect(answer.status).toBe(200);
    const { signingSecret: _, ...secretHeaders } = stored('back')?.credentials ?? {};
    expect([secretHeaders, stored('back')?.config.headers]).toEqual([credentials, open]);
  });

  it('that a replacement does not name stays, as every credential does', async () => {
    await app.call('PUT', '/destinations/stays', hook({ 'X-Api-Key': 'k' }));
    await app.call('PUT', '/destinations/stays', hook({}));
    expect(stored('stays')?.credentials).toMatchObject({ 'header:x-api-key': 'k' });
    await app.call('PUT', '/destinations/stays', hook({}, { 'header:x-api-key': null }));
    expect(stored('stays')?.credentials).not.toHaveProperty('header:x-api-key');
  });

  it('of any name can be given as a credential', async () => {
    const body = hook({}, { 'header:x-shop': 'shop-0123456789-ef34' });
    expect((await app.call('PUT', '/destinations/named', body)).body.credentials).toMatchObject({
      'header:x-shop': masked('…ef34'),
    });
  });

  it.each([
    [hook({ 'Proxy-Authorization': 'x' }), ['/config/headers/Proxy-Authorization']],
    [hook({ 'x y': 'a', 'X-Token': 'a\nb' }), ['/config/headers/x y', '/config/headers/X-Token']],
    [hook({}, { 'header:host': 'x' }), ['/credentials/header:host']],
  ])('is refused where it cannot be sent: %j', async (body, pointers) => {
    const answer = await app.call('POST', '/destinations', body);
    expect(answer.status).toBe(422);
    expect([...pointersOf(answer)].sort()).toEqual([...pointers].sort());
  });
});
