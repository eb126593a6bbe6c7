import { startRedis } from '../support/index.js';
import { pointersOf, startAdminApp } from './admin-app.js';

const hook = (credentials: object) => ({
  name: 'Hook',
  type: 'webhook',
  config: { url: 'https://example.com/hook' },
  credentials,
});

describe('a credential said to be stored', () => {
  it('is refused with its pointer where it is not', async () => {
    const app = await startAdminApp(await startRedis());
    const claim = { bearerToken: { set: true, hint: '…cd12' } };
    const created = await app.call('POST', '/destinations', hook(claim));
    expect([created.status, pointersOf(created)]).toEqual([422, ['/credentials/bearerToken']]);
    await app.call('PUT', '/destinations/claimed', hook({}));
    const patched = await app.call('PATCH', '/destinations/claimed', { credentials: claim });
    expect([patched.status, pointersOf(patched)]).toEqual([422, ['/credentials/bearerToken']]);
  });
});
