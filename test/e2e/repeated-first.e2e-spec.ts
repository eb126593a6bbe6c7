import { admin, eventsAt, startGateway, startSink, until, type Gateway, type Sink } from '../support/index.js';

const PROFILE = { type: 'profile', attributes: { external_id: 'm-41' } };

function event(name: string, unique_id: string): object {
  return { type: 'event', attributes: { metric: { data: { type: 'metric', attributes: { name } } }, unique_id } };
}

function item(events: readonly object[], append: object): object {
  const profile = { data: { ...PROFILE, meta: { patch_properties: { append } } } };
  return { type: 'event-bulk-create', attributes: { profile, events: { data: events } } };
}

const job = (...items: readonly object[]): object => ({
  data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data: items } } },
});

describe('what a request says once of several events', () => {
  let gateway: Gateway;
  let sink: Sink;

  beforeAll(async () => {
    gateway = await startGateway();
    sink = await startSink();
    const api = admin(gateway);
    await api.createDestination({ config: { url: sink.url }, batch: { maxEvents: 100, maxWaitMs: 20 } });
    const klaviyo = { privateKey: 'pk_repeated', companyId: 'Rep3at' };
    await api.createSource({ dialect: 'klaviyo', credentials: klaviyo });
    await api.createSource({ dialect: 'vibefollow', credentials: { apiKey: 'sk_live_repeated' } });
  });

  async function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const own = {
      'content-type': 'application/json',
      authorization: `Bearer ${path.startsWith('/api/v1/') ? 'sk_live_repeated' : 'pk_repeated'}`,
      ...headers,
    };
    const response = await fetch(gateway.baseUrl + path, { method: 'POST', headers: own, body: JSON.stringify(body) });
    await response.arrayBuffer();
    return response.status;
  }

  const arrived = async (name: string) => {
    await until(() => eventsAt(sink).some((one) => one.event === name), { what: `${name} to arrive` });
    return eventsAt(sink).find((one) => one.event === name);
  };

  it.each([
    ['job', '/api/event-bulk-create-jobs', job],
    ['client', '/client/event-bulk-create?company_id=Rep3at', (data: object) => ({ data })],
  ])('comes with the first that an earlier request did not bring: Klaviyo, %s', async (kind, path, bodyOf) => {
    const first = event(`first ${kind}`, 'u-1');
    expect(await post(path, bodyOf(item([first], { seen: 'one' })))).toBe(202);
    expect(await arrived(`first ${kind}`)).toMatchObject({ profile: { append: { seen: 'one' } } });
    const body = bodyOf(item([first, event(`second ${kind}`, 'u-2'), event(`third ${kind}`, 'u-3')], { seen: 'two' }));
    expect(await post(path, body)).toBe(202);
    expect(await arrived(`second ${kind}`)).toMatchObject({ profile: { append: { seen: 'two' } } });
    expect(await arrived(`third ${kind}`)).not.toHaveProperty('profile');
  });

  it('comes with the first that the same request did not bring: Klaviyo before 2025-01-15', async () => {
    const repeat = event('once', 'u-1');
    const body = job(item([repeat], { seen: 'one' }), item([repeat, event('beside', 'u-2')], { seen: 'two' }));
    expect(await post('/api/event-bulk-create-jobs', body, { revision: '2024-10-15' })).toBe(202);
    expect(await arrived('once')).toMatchObject({ profile: { append: { seen: 'one' } } });
    expect(await arrived('beside')).toMatchObject({ profile: { append: { seen: 'two' } } });
  });

  it('comes with the first that an earlier request did not bring: VibeFollow', async () => {
    const record = (name: string) => ({ external_user_id: 'u-1', name, timestamp: '2026-05-01T10:00:00Z' });
    const large = { note: 'x'.repeat(3_000) };
    expect(await post('/api/v1/events/bulk', { events: [record('known')] })).toBe(200);
    await arrived('known');
    expect(await post('/api/v1/events/bulk', { ...large, events: [record('known'), record('new')] })).toBe(200);
    expect(await arrived('new')).toMatchObject({ extras: { envelope: large } });
  });
});
