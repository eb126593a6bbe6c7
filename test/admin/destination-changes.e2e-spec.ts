import { DELETED_KEY } from '#control-plane';
import { connectRedis, startRedis, until, type TestRedis } from '../support/index.js';
import { NO_DELIVERIES, startAdminApp, type AdminApp } from './admin-app.js';

let app: AdminApp;
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
  app = await startAdminApp(redis);
}, 60_000);

const webhook = <T extends object>(members: T = {} as T) => ({
  name: 'Hook',
  type: 'webhook',
  config: { url: 'https://example.com/hook' },
  ...members,
});

describe('changing a destination', () => {
  it('PATCH changes what it names and leaves the rest to the defaults of the type', async () => {
    await app.call('PUT', '/destinations/patched', webhook({ batch: { maxEvents: 10 }, match: { events: ['a'] } }));
    const secret = app.configuration.destinations.get('patched')?.credentials.signingSecret;
    const changed = await app.call('PATCH', '/destinations/patched', {
      batch: { maxWaitMs: 5 },
      match: { sources: ['s'] },
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      batch: { maxEvents: 10, maxBytes: 1_000_000, maxWaitMs: 5 },
      match: { events: ['a'], sources: ['s'] },
    });
    const reset = await app.call('PATCH', '/destinations/patched', { batch: null, match: { events: null } });
    expect(reset.body).toMatchObject({ batch: { maxEvents: 1_000 }, match: { sources: ['s'] } });
    expect(reset.body.match).not.toHaveProperty('events');
    expect(app.configuration.destinations.get('patched')?.credentials.signingSecret).toBe(secret);
  });

  it('takes its own answer back unchanged', async () => {
    await app.call('PUT', '/destinations/echo', webhook({ rateLimit: { requests: 5, perSeconds: 1 } }));
    const shown = await app.call('GET', '/destinations/echo');
    const before = app.configuration.destinations.get('echo');
    const answer = await app.call('PUT', '/destinations/echo', shown.body);
    expect(answer.status).toBe(200);
    const { updatedAt: _, ...unchanged } = shown.body;
    expect(answer.body).toMatchObject(unchanged);
    expect(app.configuration.destinations.get('echo')?.credentials).toEqual(before?.credentials);
  });

  it('removes a credential by null', async () => {
    await app.call('PUT', '/destinations/bearer', webhook({ credentials: { bearerToken: 'secret-token' } }));
    const answer = await app.call('PATCH', '/destinations/bearer', { credentials: { bearerToken: null } });
    expect(answer.body.credentials).not.toHaveProperty('bearerToken');
    expect(answer.body.credentials).toHaveProperty('signingSecret');
  });

  it('pauses and resumes; a PUT in between changes nothing of that', async () => {
    await app.call('PUT', '/destinations/held', webhook());
    const paused = await app.call('POST', '/destinations/held/pause', undefined, {
      'content-type': 'application/json',
    });
    expect([paused.status, paused.body.paused, paused.body.pauseReason]).toEqual([200, true, 'admin']);
    await app.call('PUT', '/destinations/held', webhook({ name: 'Renamed' }));
    expect(app.configuration.destinations.get('held')).toMatchObject({ name: 'Renamed', paused: 'admin' });
    const resumed = await app.call('POST', '/destinations/held/resume');
    expect([resumed.status, resumed.body.paused]).toEqual([200, false]);
    expect((await app.call('POST', '/destinations/absent/pause')).status).toBe(404);
  });

  it('does not change its type while events wait', async () => {
    await app.call('PUT', '/destinations/typed', webhook());
    app.deliveries.statsOf.set('typed', { ...NO_DELIVERIES, waiting: 3 });
    const log = { name: 'x', type: 'log', config: {} };
    const answer = await app.call('PUT', '/destinations/typed', log);
    expect([answer.status, answer.body.code, answer.body.waiting]).toEqual([409, 'events_waiting', 3]);
    app.deliveries.statsOf.delete('typed');
    const changed = await app.call('PUT', '/destinations/typed', log);
    expect([changed.status, changed.body.credentials]).toEqual([200, {}]);
  });
});

describe('what a process of a later release has stored', () => {
  it.each(['unheard-of', 'changed-since'])('is not written over: %s', async (id) => {
    const connections = await connectRedis({ url: redis.url });
    await app.call('PUT', '/destinations/changed-since', webhook());
    const key = 'gw:{cfg}:destinations';
    const own = (await connections.shared.hget(key, 'changed-since')) ?? '{}';
    const stored = JSON.parse(own) as { readonly settings: object };
    const later = JSON.stringify({ ...stored, settings: { ...stored.settings, type: 'of-a-later-release' } });
    await connections.shared.hset(key, id, later);
    await connections.shared.incr('gw:{cfg}:rev');
    const change = webhook({ name: 'Changed' });
    const answers = [
      await app.call('PUT', `/destinations/${id}`, change),
      ...(id === 'unheard-of'
        ? [await app.call('POST', '/destinations', { ...change, id })]
        : [
            await app.call('PATCH', `/destinations/${id}`, { name: 'x' }),
            await app.call('POST', `/destinations/${id}/pause`),
          ]),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(answers.length).fill([409, 'unreadable']),
    );
    expect(await connections.shared.hget(key, id)).toBe(later);
    await connections.shared.hdel(key, id);
    await connections.shared.incr('gw:{cfg}:rev');
  });
});

describe('deleting a destination', () => {
  it('is noted together with the change until what waited is discarded, and nobody uses its id again before', async () => {
    const connections = await connectRedis({ url: redis.url });
    const noted = (): Promise<string[]> => connections.shared.zrange(DELETED_KEY, 0, '-1');
    const discards = (): number => app.deliveries.discarded.filter((id) => id === 'leaving').length;
    await app.call('PUT', '/destinations/leaving', webhook());
    let goOn = (): void => undefined;
    app.deliveries.discarding = new Promise((resolve) => (goOn = resolve));
    const deletion = app.call('DELETE', '/destinations/leaving');
    await until(() => discards() === 1);
    expect(await noted()).toEqual(['leaving']);
    const again = [
      app.call('PUT', '/destinations/leaving', webhook()),
      app.call('POST', '/destinations', webhook({ id: 'leaving' })),
    ];
    await until(() => discards() === 3);
    expect(app.configuration.destinations.has('leaving')).toBe(false);
    goOn();
    expect((await deletion).status).toBe(204);
    const answers = await Promise.all(again);
    expect(answers.map(({ status }) => status)).toContain(201);
    expect(app.configuration.destinations.has('leaving')).toBe(true);
    expect(await noted()).toEqual([]);
  });

  it('that was broken off is waited for where it was created so lately that it might be the new one', async () => {
    const connections = await connectRedis({ url: redis.url });
    await connections.shared.zadd(DELETED_KEY, Date.now(), 'young');
    app.deliveries.tooYoung = 1;
    expect((await app.call('PUT', '/destinations/young', webhook())).status).toBe(201);
    expect(app.deliveries.discarded.filter((id) => id === 'young')).toHaveLength(2);
    expect(await connections.shared.zscore(DELETED_KEY, 'young')).toBeNull();
  });

  it('that was broken off is brought to its end by a document that uses the id again', async () => {
    const connections = await connectRedis({ url: redis.url });
    await connections.shared.zadd(DELETED_KEY, Date.now(), 'broken-off');
    const document = (await app.call('GET', '/config')).body as unknown as { readonly destinations: readonly object[] };
    const destinations = [...document.destinations, webhook({ id: 'broken-off' })];
    const answer = await app.call('PUT', '/config', { ...document, destinations });
    expect(answer.status).toBe(200);
    expect(app.deliveries.discarded).toContain('broken-off');
    expect(app.configuration.destinations.has('broken-off')).toBe(true);
    expect(await connections.shared.zrange(DELETED_KEY, 0, '-1')).toEqual([]);
  });
});

describe('rotating a signing secret', () => {
  it('keeps the old one for the overlap', async () => {
    const created = await app.call('PUT', '/destinations/rotated', webhook());
    const old = created.body.credentials.signingSecret;
    const answer = await app.call('POST', '/destinations/rotated/rotate', { overlapSeconds: 3600 });
    expect(answer.status).toBe(200);
    const fresh = answer.body.credentials.signingSecret;
    expect(fresh).toMatch(/^whsec_/);
    expect(fresh).not.toBe(old);
    expect(answer.body.retiringUntil).not.toBeNull();
    expect(app.configuration.destinations.get('rotated')).toMatchObject({
      credentials: { signingSecret: fresh },
      retiring: { credentials: { signingSecret: old } },
    });
  });

  it('refuses types without one', async () => {
    await app.call('PUT', '/destinations/plain', { name: 'x', type: 'log', config: {} });
    const answer = await app.call('POST', '/destinations/plain/rotate');
    expect([answer.status, answer.body.code]).toEqual([409, 'not_rotatable']);
  });
});

describe('deleting a destination', () => {
  it('is refused while events wait, unless they may be dropped', async () => {
    await app.call('PUT', '/destinations/loaded', webhook());
    app.deliveries.statsOf.set('loaded', { ...NO_DELIVERIES, waiting: 42 });
    const refused = await app.call('DELETE', '/destinations/loaded');
    expect([refused.status, refused.body.code, refused.body.waiting]).toEqual([409, 'events_waiting', 42]);
    expect(refused.body.detail).toContain('42');
    expect((await app.call('DELETE', '/destinations/loaded?discard=perhaps')).status).toBe(422);
    expect(app.deliveries.discarded).not.toContain('loaded');
    expect((await app.call('DELETE', '/destinations/loaded?discard=true')).status).toBe(204);
    expect(app.deliveries.discarded).toContain('loaded');
    expect(app.configuration.destinations.has('loaded')).toBe(false);
    expect((await app.call('DELETE', '/destinations/loaded?discard=true')).status).toBe(404);
  });
});

describe('what goes on at a destination', () => {
  it('shows its stats', async () => {
    await app.call('PUT', '/destinations/counted', webhook());
    const stats = { ...NO_DELIVERIES, delivered: 7, retrying: 1, waiting: 2 };
    app.deliveries.statsOf.set('counted', stats);
    expect((await app.call('GET', '/destinations/counted/stats')).body).toEqual(stats);
    expect((await app.call('GET', '/destinations/absent/stats')).status).toBe(404);
  });

  it('lists and discards dead letters', async () => {
    const letter = (id: string, destinationId: string) => ({
      id,
      destinationId,
      event: {
        id: 'evt_00000000000000000001',
        type: 'track' as const,
        event: 'a',
        user_id: 'u',
        anonymous_id: null,
        timestamp: '2026-05-01T10:00:05.000Z',
        received_at: '2026-05-01T10:00:05.000Z',
        properties: {},
        source: { id: 's', dialect: 'flokit' },
      },
      reason: { code: 'invalid', detail: 'no' },
      lastResponse: { status: 400, body: 'no' },
      attempts: 1,
      at: '2026-05-01T10:00:06.000Z',
    });
    app.deliveries.letters = [letter('one.1', 'one'), letter('two.1', 'two'), letter('one.2', 'one')];
    const first = (await app.call('GET', '/dead-letters?destinationId=one&limit=1')).body;
    expect(first).toEqual({ data: [letter('one.1', 'one')], nextCursor: 'one.1' });
    const second = (await app.call('GET', '/dead-letters?destinationId=one&limit=1&cursor=one.1')).body;
    expect(second).toEqual({ data: [letter('one.2', 'one')], nextCursor: null });
    expect((await app.call('DELETE', '/dead-letters/one.1')).status).toBe(204);
    expect((await app.call('DELETE', '/dead-letters/one.1')).status).toBe(404);
    expect((await app.call('GET', '/dead-letters?limit=0')).status).toBe(422);
  });
});
