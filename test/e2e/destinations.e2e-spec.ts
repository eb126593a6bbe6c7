import {
  admin,
  eventsOf,
  flokitItem,
  flokitItems,
  idsAt,
  metricOf,
  openLine,
  startGateway,
  startSink,
  until,
  type Gateway,
} from '../support/index.js';

describe('a destination', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  it('gets what comes after it was created, and nothing after it was removed', async () => {
    const line = await openLine(gateway);
    await line.sender.accepted([flokitItem('too early')]);
    await line.settled();
    const late = await startSink();
    const settings = { name: 'Late', config: { url: late.url }, match: { sources: [line.sourceId] } };
    const { id } = await line.admin.createDestination(settings);
    const [wanted = ''] = await line.sender.accepted([flokitItem('in time')]);
    await until(() => idsAt(late).includes(wanted), { timeoutMs: 1_500 });
    await until(async () => (await line.admin.stats(id)).waiting === 0);
    expect((await line.admin.ask('DELETE', `/destinations/${id}`)).status).toBe(204);
    await line.sender.accepted([flokitItem('too late')]);
    await line.settled();
    expect(idsAt(late)).toEqual([wanted]);
    expect((await line.admin.ask('GET', `/destinations/${id}/stats`)).status).toBe(404);
  });

  it('can be made again under its old id', async () => {
    const line = await openLine(gateway);
    const path = `/destinations/${line.destinationId}`;
    const { body } = await line.admin.ask('GET', path);
    const { name, type, config, match, batch } = body as Readonly<Record<string, unknown>>;
    expect((await line.admin.ask('DELETE', path)).status).toBe(204);
    expect((await line.admin.ask('PUT', path, { name, type, config, match, batch })).status).toBe(201);
    const ids = await line.sender.accepted([flokitItem('again')]);
    await until(() => idsAt(line.sink).length === 1);
    expect(idsAt(line.sink)).toEqual(ids);
  });

  it('that is changed sends to the new address, with the new filter and in the new form, within a second', async () => {
    const line = await openLine(gateway);
    await line.settled();
    const moved = await startSink();
    await line.change({
      config: { url: moved.url },
      match: { events: ['signup*'], where: { 'properties.plan': { $ne: 'free' } } },
      transform: {
        renameEvents: { signup_done: 'Signed Up' },
        dropProperties: ['secret*'],
        setProperties: { env: 'x' },
      },
    });
    const before = line.sink.requests.length;
    const [, wanted] = await line.sender.accepted([
      flokitItem('purchase'),
      flokitItem('signup_done', { properties: { plan: 'gold', secret_code: 1 } }),
      flokitItem('signup_done', { properties: { plan: 'free' } }),
    ]);
    const request = await until(() => moved.requests[0], { timeoutMs: 1_000 });
    expect(eventsOf(request)).toMatchObject([
      { id: wanted, event: 'Signed Up', properties: { plan: 'gold', env: 'x' } },
    ]);
    expect(request.body).not.toContain('secret_code');
    await until(async () => (await line.stats()).waiting === 0);
    expect([moved.requests.length, line.sink.requests.length]).toEqual([1, before]);
  });

  it('that may not know the person gets hashes, hashed once even when a dead letter is replayed', async () => {
    const line = await openLine(gateway, {
      transform: { hashIdentity: ['user_id'], hashProperties: ['email'], renameProperties: { email: 'email_sha256' } },
    });
    const item = flokitItem('hidden', { properties: { email: ' Ada@Example.com', owner: 'u-1' } });
    // By coreutils: `printf '%s' u-1 | sha256sum`, and of ada@example.com.
    const user = 'a24a7f55f278dd49fb1f99c5507800cb198a5bfe10fe2126cd0b25672152b0da';
    const email = 'b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72';
    const hidden = { user_id: user, properties: { email_sha256: email, owner: user } };

    const asked = { dialect: 'flokit', path: '/v1/batch/events', destinationId: line.destinationId };
    const preview = await line.admin.ask('POST', '/preview', { ...asked, body: { events: [item] } });
    expect(preview.body).toMatchObject({ destinations: [{ requests: [{ body: { events: [hidden] } }] }] });

    line.sink.replyWith(() => ({ status: 422 }));
    const [id] = await line.sender.accepted([item]);
    await until(async () => (await line.deadLetters()).length === 1);
    expect(await line.deadLetters()).toMatchObject([{ event: { id, user_id: 'u-1', properties: { owner: 'u-1' } } }]);
    line.sink.replyWith(() => ({ status: 200 }));
    await line.admin.ask('POST', '/replays', { destinationId: line.destinationId, from: 'dead-letters' });
    await until(() => line.sink.requests.length === 2);
    expect(line.sink.requests.map(eventsOf)).toMatchObject([[{ id, ...hidden }], [{ id, ...hidden }]]);
  });

  it('that is repaired by a change is tried with it at once', async () => {
    const line = await openLine(gateway, { retry: { minDelayMs: 60_000, maxDelayMs: 60_000 } });
    line.sink.replyWith(() => ({ status: 401 }));
    const ids = await line.sender.accepted([flokitItem('repaired')]);
    await until(async () => (await line.stats()).breaker.state === 'open');
    const repaired = await startSink();
    await line.change({ config: { url: repaired.url } });
    await until(() => idsAt(repaired).length === 1, { timeoutMs: 3_000 });
    expect(idsAt(repaired)).toEqual(ids);
  });

  it('holds its events while it is paused and gets them in one request when it is resumed', async () => {
    const line = await openLine(gateway);
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1) ids.push(...(await line.sender.accepted([flokitItem('held')])));
    await until(async () => (await line.stats()).waiting === 10);
    expect(line.sink.requests).toEqual([]);
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    await until(() => idsAt(line.sink).length === 10, { timeoutMs: 3_000 });
    expect(idsAt(line.sink)).toEqual(ids);
    expect(line.sink.requests).toHaveLength(1);
  });

  it('with events waiting is removed only if they may be dropped', async () => {
    const line = await openLine(gateway);
    const path = `/destinations/${line.destinationId}`;
    await line.admin.ask('POST', `${path}/pause`);
    await line.sender.accepted(flokitItems('doomed', 3));
    await until(async () => (await line.stats()).waiting === 3);
    const refused = await line.admin.ask('DELETE', path);
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'events_waiting', waiting: 3 }]);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect((await line.stats()).waiting).toBe(3);
    expect((await line.admin.ask('DELETE', `${path}?discard=true`)).status).toBe(204);
    expect((await line.admin.ask('GET', path)).status).toBe(404);
    expect(line.sink.requests).toEqual([]);
    await until(async () => (await metricOf(gateway, 'gateway_queued_bytes')) === 0, {
      what: 'its space to be freed',
    });
  });
});

describe('a private address', () => {
  const nowhere = { DESTINATION_ALLOWED_CIDRS: '10.255.0.0/16' };

  it('is refused when a destination is created', async () => {
    const gateway = await startGateway({ env: nowhere });
    const urls = [
      'http://127.0.0.1:9/x',
      'http://localhost/x',
      'http://[::1]/',
      'http://2130706433/',
      'http://10.0.0.1/',
    ];
    for (const url of [...urls, 'http://169.254.169.254/latest', 'http://[::ffff:127.0.0.1]/', 'file:///etc/passwd']) {
      const { status, body } = await admin(gateway).ask('POST', '/destinations', {
        name: 'Inside',
        type: 'webhook',
        config: { url },
      });
      expect([url, status, body]).toMatchObject([url, 422, { errors: [{ pointer: '/config/url' }] }]);
    }
    const allowed = { name: 'Allowed', type: 'webhook', config: { url: 'http://10.255.0.1/' } };
    expect((await admin(gateway).ask('POST', '/destinations', allowed)).status).toBe(201);
  });

  it('is not sent to either, if it was allowed once: its events are held', async () => {
    const before = await startGateway();
    const line = await openLine(before);
    await before.stop();
    const { dataDir, port } = before;
    const strict = await startGateway({ dataDir, port, env: nowhere });
    const ids = await line.sender.accepted([flokitItem('inside')]);
    await until(async () => (await line.stats()).breaker.code === 'address_not_allowed');
    expect(await line.stats()).toMatchObject({ waiting: 1, deadLettered: 0 });
    expect(line.sink.requests).toEqual([]);
    await strict.stop();
    await startGateway({ dataDir, port });
    await until(() => idsAt(line.sink).length === 1);
    expect(idsAt(line.sink)).toEqual(ids);
  });
});
