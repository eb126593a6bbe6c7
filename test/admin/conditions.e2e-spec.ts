import { startRedis } from '../support/index.js';
import { startAdminApp, type AdminApp, type Answer } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
}, 60_000);

const kinds = [
  ['sources', { name: 'a', dialect: 'flokit' }, { name: 'b', dialect: 'flokit' }],
  [
    'destinations',
    { name: 'a', type: 'webhook', config: { url: 'http://127.0.0.1:1/' } },
    { name: 'b', type: 'webhook', config: { url: 'http://127.0.0.1:1/' } },
  ],
] as const;

describe.each(kinds)('conditions on %s', (kind, first, second) => {
  const etagOf = ({ headers }: Answer): string => headers.get('etag') ?? '';
  const get = (id: string, headers = {}) => app.call('GET', `/${kind}/${id}`, undefined, headers);
  const put = (id: string, body: unknown, headers = {}) => app.call('PUT', `/${kind}/${id}`, body, headers);
  const fresh = async (id: string): Promise<string> => etagOf(await put(id, first));

  it('a tag stands for a state: every answer bears it, and only a change changes it', async () => {
    const created = await put('t', first);
    const tag = etagOf(created);
    expect(tag).toMatch(/^"[A-Za-z0-9_-]{20}"$/);
    expect(etagOf(await get('t'))).toBe(tag);
    expect(etagOf(await put('t', first))).toBe(tag);
    const changed = await app.call('PATCH', `/${kind}/t`, { name: 'c' });
    expect(etagOf(changed)).not.toBe(tag);
    expect(etagOf(await get('t'))).toBe(etagOf(changed));
    expect(etagOf(await app.call('POST', `/${kind}`, { id: 'posted', ...first }))).toBe(etagOf(await get('posted')));
  });

  it('GET answers 304 to who knows the state', async () => {
    const tag = await fresh('known');
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await get('known', { 'if-none-match': known });
      expect([answer.status, answer.text, etagOf(answer)]).toEqual([304, '', tag]);
    }
    expect((await get('known', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST rotate'])('%s heeds If-Match', async (call) => {
    const id = `m-${call.slice(0, 4).trim()}`;
    const tag = await fresh(id);
    const path = `/${kind}/${id}${call.endsWith('rotate') ? '/rotate' : ''}`;
    const body = call === 'PUT' ? second : call === 'PATCH' ? { name: 'b' } : undefined;
    const ask = (ifMatch: string) => app.call(call.split(' ')[0] ?? '', path, body, { 'if-match': ifMatch });
    for (const wrong of ['"other"', `W/${tag}`, '', 'nonsense', '"a", "b"']) {
      const answer = await ask(wrong);
      expect([wrong, answer.status, answer.body.code]).toEqual([wrong, 412, 'changed_meanwhile']);
    }
    expect(etagOf(await get(id))).toBe(tag);
    expect((await ask(`"other", ${tag}`)).status).toBeLessThan(300);
  });

  it('If-Match: * changes what exists and creates nothing', async () => {
    const refused = await put('absent', first, { 'if-match': '*' });
    expect([refused.status, refused.body.code]).toEqual([412, 'changed_meanwhile']);
    expect((await get('absent')).status).toBe(404);
    await fresh('present');
    expect((await put('present', second, { 'if-match': '*' })).status).toBe(200);
    expect((await app.call('PATCH', `/${kind}/present`, { name: 'd' }, { 'if-match': '*' })).status).toBe(200);
  });

  it('If-None-Match: * creates and replaces nothing', async () => {
    expect((await put('new', first, { 'if-none-match': '*' })).status).toBe(201);
    const refused = await put('new', second, { 'if-none-match': '*' });
    expect([refused.status, refused.body.code]).toEqual([412, 'exists_meanwhile']);
    expect((await get('new')).body.name).toBe('a');
  });

  it('of many who patch without a condition every one is applied', async () => {
    await fresh('crowd');
    const patches = Array.from({ length: 24 }, (_, n) => ({ rateLimit: { requests: n + 1, perSeconds: 1 } }));
    const answers = await Promise.all(patches.map((patch) => app.call('PATCH', `/${kind}/crowd`, patch)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('of two who change the same state one is told', async () => {
    const tag = await fresh('race');
    const answers = await Promise.all(
      ['b', 'c', 'd'].map((name) => app.call('PATCH', `/${kind}/race`, { name }, { 'if-match': tag })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });
});
