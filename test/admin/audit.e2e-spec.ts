import { startRedis } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp, type Answer } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
}, 60_000);

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string | null };
  readonly members: readonly string[];
  readonly outcome: string;
}

const entriesOf = ({ body }: Answer): readonly Entry[] => (body as unknown as { data: readonly Entry[] }).data;
const listed = async (query = ''): Promise<readonly Entry[]> => entriesOf(await app.call('GET', `/audit?${query}`));
/** Oldest first, in words. */
const told = (entries: readonly Entry[]): readonly string[] =>
  entries.map(({ action, target, members }) => [action, target.id, ...members].join(' ')).reverse();

const SECRET = 'fk_live_do_not_write_this_down';

describe('the audit log', () => {
  it('says who changed what, when and from where', async () => {
    const before = Date.now();
    const changed = await app.call('PUT', '/sources/first', { name: 'First', dialect: 'flokit' });
    const [entry] = await listed();
    expect(entry).toEqual({
      id: 'aud_1',
      at: expect.any(String) as unknown,
      actor: { id: 'root', name: 'root' },
      action: 'create',
      target: { kind: 'source', id: 'first' },
      members: [],
      origin: { remoteAddress: '127.0.0.1', requestId: changed.headers.get('x-request-id') },
      outcome: 'done',
    });
    expect(Date.parse(entry?.at ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(entry?.at ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it('names every kind of change of a source and what it changed, and never a value', async () => {
    const credentials = { apiKey: SECRET };
    await app.call('POST', '/sources', { id: 's', name: 'S', dialect: 'flokit', credentials });
    await app.call('PATCH', '/sources/s', { name: 'T', rateLimit: { requests: 5, perSeconds: 1 } });
    await app.call('PATCH', '/sources/s', { credentials: { apiKey: `${SECRET}_2` } });
    await app.call('POST', '/sources/s/rotate', { overlapSeconds: 60 });
    await app.call('DELETE', '/sources/s');
    expect(told(await listed('target=source/s'))).toEqual([
      'create s',
      'update s name rateLimit',
      'update s credentials',
      'rotate s credentials retiring',
      'delete s',
    ]);
    expect((await app.call('GET', '/audit')).text).not.toContain(SECRET);
  });

  it('names every kind of change of a destination', async () => {
    await app.call('PUT', '/destinations/d', { name: 'D', type: 'webhook', config: { url: 'http://127.0.0.1:1/' } });
    await app.call('POST', '/destinations/d/pause');
    await app.call('POST', '/destinations/d/resume');
    await app.call('POST', '/destinations/d/rotate');
    await app.call('POST', '/destinations/d/test');
    await app.call('DELETE', '/destinations/d');
    expect(told(await listed('target=destination/d'))).toEqual([
      'create d',
      'pause d paused',
      'resume d paused',
      'rotate d credentials',
      'test d',
      'delete d',
      'discard d',
    ]);
  });

  it('keeps quiet about what changed nothing or was refused', async () => {
    const before = (await listed()).length;
    await app.call('PUT', '/sources/first', { name: 'First', dialect: 'flokit' });
    await app.call('PUT', '/sources/bad', { name: '', dialect: 'flokit' });
    await app.call('PUT', '/sources/first', { name: 'x', dialect: 'flokit' }, { 'if-match': '"old"' });
    await app.call('DELETE', '/sources/none');
    await app.call('PUT', '/sources/first', { name: 'x', dialect: 'flokit' }, { authorization: 'Bearer wrong' });
    expect((await listed()).length).toBe(before);
  });

  it('has an entry for each thing that a document changes', async () => {
    const document = { sources: [{ id: 'second', name: 'Second', dialect: 'flokit' }], destinations: [] };
    await app.call('PUT', '/config?dryRun=true', document);
    await app.call('PUT', '/config', document);
    const [newest, older] = await listed();
    expect([newest?.action, newest?.target.id, older?.action, older?.target.id]).toEqual([
      'create',
      'second',
      'delete',
      'first',
    ]);
  });

  it('tells how acts upon deliveries ended', async () => {
    app.deliveries.letters = [letter('dl_1')];
    expect((await app.call('DELETE', '/dead-letters/dl_1')).status).toBe(204);
    expect((await app.call('DELETE', '/dead-letters/dl_1')).status).toBe(404);
    const entries = await listed('target=dead-letter/dl_1&action=discard');
    expect(entries.map(({ outcome }) => outcome)).toEqual(['failed', 'done']);
  });

  it('names a replay that was made and one that was cancelled, but not a count', async () => {
    await app.call('PUT', '/destinations/r', { name: 'R', type: 'webhook', config: { url: 'http://127.0.0.1:1/' } });
    const order = { destinationId: 'r', from: 'dead-letters' };
    await app.call('POST', '/replays', { ...order, dryRun: true });
    const { id } = (await app.call('POST', '/replays', order)).body;
    await app.call('POST', `/replays/${id}/cancel`);
    expect(told(await listed('target=replay'))).toEqual([`create ${id}`, `cancel ${id}`]);
  });
});

describe('finding entries', () => {
  it('goes by pages that fit together, newest first', async () => {
    const all = (await listed('limit=250')).map(({ id }) => id);
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Answer = await app.call('GET', `/audit?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
      paged.push(...entriesOf(page).map(({ id }) => id));
      cursor = page.body.nextCursor;
    }
    expect(paged).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
    expect(all.at(-1)).toBe('aud_1');
  });

  it.each([
    ['actor=root', true],
    ['actor=somebody', false],
    ['action=create', true],
    ['action=toString', false],
    ['target=source', true],
    ['target=__proto__', false],
    ['target=source/__proto__', false],
    ['since=2020-01-01T00:00:00Z', true],
    ['since=2999-01-01T00:00:00Z', false],
    ['until=2020-01-01T00:00:00Z', false],
  ])('%s', async (query, finds) => {
    expect((await listed(query)).length > 0).toBe(finds);
  });

  it.each([
    ['since=yesterday', '/since'],
    ['until=1', '/until'],
    ['until=20281129', '/until'],
    ['actor=a&actor=b', '/actor'],
    ['cursor=x', '/cursor'],
    ['limit=0', '/limit'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await app.call('GET', `/audit?${query}`);
    expect([answer.status, pointersOf(answer)]).toEqual([422, [pointer]]);
  });
});

function letter(id: string) {
  return {
    id,
    destinationId: 'd',
    event: {
      id: 'evt_1',
      type: 'track' as const,
      event: 'signup',
      user_id: 'u-1',
      anonymous_id: null,
      timestamp: '2026-05-01T10:00:00.000Z',
      received_at: '2026-05-01T10:00:00.000Z',
      properties: {},
      source: { id: 's', dialect: 'flokit' },
    },
    reason: { code: 'refused', detail: 'no' },
    lastResponse: null,
    attempts: 1,
    at: '2026-05-01T10:00:00.000Z',
  };
}
