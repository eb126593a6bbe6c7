import { CredentialCipher } from '../../libs/control-plane/src/credentials/credential-cipher.js';
import { connectRedis, startRedis, until, type TestRedis } from '../support/index.js';
import { ENCRYPTION_KEY, pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

/** What no `Authorization` header carries, or no dialect reads from it. */
const UNSENDABLE = ['abc def', ' abc', 'abc ', 'a\tb', 'a\nb', '\u0000a', '\u007f', 'schlüssel', '', 'x'.repeat(4_097)];

const credentials = [
  ['flokit', 'apiKey'],
  ['flokit', 'readOnlyApiKey'],
  ['vibefollow', 'apiKey'],
  ['klaviyo', 'privateKey'],
] as const;

let redis: TestRedis;
let app: AdminApp;

beforeAll(async () => {
  redis = await startRedis();
  app = await startAdminApp(redis);
}, 60_000);

describe.each(credentials)('a source of %s whose %s nobody could send', (dialect, member) => {
  const given = (text: string) => ({ name: 'x', dialect, credentials: { [member]: text } });
  const id = `${dialect}-${member}`;

  beforeAll(async () => {
    expect((await app.call('PUT', `/sources/${id}`, given(`k_${member}`))).status).toBe(201);
  });

  it.each(UNSENDABLE)('is refused: %j', async (text) => {
    const { credentials } = given(text);
    const answers = [
      await app.call('POST', '/sources', given(text)),
      await app.call('PUT', `/sources/${id}`, given(text)),
      await app.call('PATCH', `/sources/${id}`, { credentials }),
      await app.call('POST', `/sources/${id}/rotate`, { credentials }),
    ];
    for (const answer of answers) {
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/credentials/${member}`]]);
    }
    const document = { sources: [{ ...given(text), id }], destinations: [] };
    const imported = await app.call('PUT', '/config', document);
    expect([imported.status, pointersOf(imported)]).toEqual([422, [`/sources/0/credentials/${member}`]]);
  });
});

it.each(['a b', '+', 'schlüssel', '%', '\n'])(
  "takes Klaviyo's companyId %j, which a query carries",
  async (companyId) => {
    const answer = await app.call('POST', '/sources', { name: 'x', dialect: 'klaviyo', credentials: { companyId } });
    expect(answer.status).toBe(201);
  },
);

it('leaves a source that has such a key already as it is, and lets the rest of it be changed', async () => {
  await app.call('PUT', '/sources/old', { name: 'Old', dialect: 'flokit', credentials: { apiKey: 'fk_old' } });
  await storeKey('old', 'abc def');
  await until(() => app.configuration.sources.get('old')?.credentials.apiKey === 'abc def');

  const shown = await app.call('GET', '/sources/old');
  expect([shown.status, shown.body.credentials.apiKey]).toEqual([200, { set: true, hint: '…f' }]);
  expect((await app.call('PATCH', '/sources/old', { enabled: false })).status).toBe(200);
  expect((await app.call('PUT', '/sources/old', { ...shown.body, name: 'Older' })).status).toBe(200);
  const exported = await app.call('GET', '/config');
  expect((await app.call('PUT', '/config', exported.text)).status).toBe(200);
  const again = await app.call('PATCH', '/sources/old', { credentials: { apiKey: 'abc  def' } });
  expect([again.status, pointersOf(again)]).toEqual([422, ['/credentials/apiKey']]);
  expect((await app.call('POST', '/sources/old/rotate', { overlapSeconds: 60 })).status).toBe(200);
});

/** As an earlier release stored it. */
async function storeKey(id: string, apiKey: string): Promise<void> {
  const connections = await connectRedis({ socketPath: redis.socketPath });
  const stored = JSON.parse((await connections.shared.hget('gw:{cfg}:sources', id)) ?? '{}') as {
    readonly credentials: object;
  };
  const sealed = new CredentialCipher(ENCRYPTION_KEY).sealAll({ apiKey }, 'source', id);
  const document = { ...stored, credentials: { ...stored.credentials, ...sealed } };
  await connections.shared.hset('gw:{cfg}:sources', id, JSON.stringify(document));
  await connections.shared.incr('gw:{cfg}:rev');
}
