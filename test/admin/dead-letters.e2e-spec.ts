import { startRedis } from '../support/index.js';
import type { DeadLetter } from '#control-plane';
import { startAdminApp, type AdminApp } from './admin-app.js';

describe('dead letters over the admin API', () => {
  let app: AdminApp;
  beforeAll(async () => void (app = await startAdminApp(await startRedis())));
  afterAll(() => app?.close());

  it('are grouped by destination and reason', async () => {
    const group = {
      destinationId: 'one',
      code: 'http_422',
      count: 2,
      exact: false,
      detail: 'no',
      newestAt: '2026-05-01T10:00:06.000Z',
      oldestAt: '2026-05-01T09:00:06.000Z',
    };
    app.deliveries.grouped = { groups: [group], counted: 2, kept: 7 };
    const answer = await app.call('GET', '/dead-letter-groups?destinationId=one');
    expect(answer.body).toEqual({ data: [group], nextCursor: null, counted: 2, kept: 7 });
    await app.call('GET', '/dead-letter-groups');
    expect(app.deliveries.groupedFor).toEqual(['one', undefined]);
  });

  it('are listed and discarded by reason, and the audit log says so once', async () => {
    app.deliveries.letters = [letter('one.1', 'invalid'), letter('one.2', 'gone'), letter('one.3', 'invalid')];
    const listed = (await app.call('GET', '/dead-letters?destinationId=one&code=invalid')).body.data;
    expect(listed.map(({ id }) => id)).toEqual(['one.1', 'one.3']);
    const order = { destinationId: 'one', code: 'invalid' };
    const discarded = await app.call('POST', '/dead-letter-groups/discard', order);
    expect([discarded.status, discarded.body]).toEqual([200, { discarded: 2, more: false }]);
    expect(app.deliveries.letters.map(({ id }) => id)).toEqual(['one.2']);
    const entries = (await app.call('GET', '/audit?action=discard')).body.data;
    expect(entries).toMatchObject([{ target: { kind: 'dead-letters', id: 'one invalid' }, outcome: 'done' }]);
  });

  it('are not discarded by an order that does not say which', async () => {
    for (const order of [{}, { destinationId: 'one' }, { destinationId: 'one', code: 5 }]) {
      expect((await app.call('POST', '/dead-letter-groups/discard', order)).status).toBe(422);
    }
  });

  it('come compressed to those who take it, once there are many', async () => {
    app.deliveries.letters = Array.from({ length: 100 }, (_, index) => letter(`one.${index}`, 'invalid'));
    const taken = await app.call('GET', '/dead-letters?limit=100', undefined, { 'accept-encoding': 'gzip' });
    const plain = await app.call('GET', '/dead-letters?limit=100', undefined, { 'accept-encoding': 'identity' });
    expect(taken.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect([taken, plain].map(({ headers }) => headers.get('vary'))).toEqual(['accept-encoding', 'accept-encoding']);
    expect(Number(taken.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')) / 10);
    expect(taken.text).toBe(plain.text);
    const small = await app.call('GET', '/dead-letters?limit=1', undefined, { 'accept-encoding': 'gzip' });
    expect(small.headers.get('content-encoding')).toBeNull();
  });
});

function letter(id: string, code: string): DeadLetter {
  return {
    id,
    destinationId: 'one',
    event: {
      id: 'evt_00000000000000000001',
      type: 'track',
      event: 'a',
      user_id: 'u',
      anonymous_id: null,
      timestamp: '2026-05-01T10:00:05.000Z',
      received_at: '2026-05-01T10:00:05.000Z',
      properties: {},
      source: { id: 's', dialect: 'flokit' },
    },
    reason: { code, detail: 'no' },
    lastResponse: { status: 400, body: 'no' },
    attempts: 1,
    at: '2026-05-01T10:00:06.000Z',
  };
}
