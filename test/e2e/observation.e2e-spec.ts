import {
  admin,
  eventsAt,
  startGateway,
  startSink,
  until,
  type Admin,
  type Gateway,
  type Sink,
} from '../support/index.js';

interface Trace {
  readonly event: { readonly id: string };
  readonly received: { readonly sourceId: string; readonly requestId: string };
  readonly destinations: readonly {
    readonly destinationId: string;
    readonly matched: boolean;
    readonly rule?: string;
    readonly state?: string;
    readonly attempts: readonly { readonly status?: number; readonly outcome: string }[];
    readonly heldBy?: string;
    readonly reason?: { readonly code: string };
  }[];
}

const timestamp = '2026-05-01T10:00:05Z';

describe('what happened to an event', () => {
  let gateway: Gateway;
  let control: Admin;
  let sink: Sink;

  const post = async (path: string, body: unknown): Promise<{ readonly requestId: string; readonly body: unknown }> => {
    const response = await fetch(gateway.baseUrl + path, {
      method: 'POST',
      headers: { authorization: 'Bearer fk_seen', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { requestId: response.headers.get('x-request-id') ?? '', body: await response.json() };
  };
  const flokit = async (event: string): Promise<string> => {
    const { body } = await post('/v1/batch/events', { events: [{ event, user_id: 'u', timestamp }] });
    return (body as { readonly event_ids: readonly string[] }).event_ids[0] ?? '';
  };
  const trace = async (id: string): Promise<Trace> => (await control.ask('GET', `/events/${id}/trace`)).body as Trace;
  const stateAt = async (id: string, destinationId: string): Promise<Trace['destinations'][number] | undefined> =>
    (await trace(id)).destinations.find((one) => one.destinationId === destinationId);

  beforeAll(async () => {
    sink = await startSink({
      reply: ({ body }) => ({ status: body.includes('"bad"') ? 422 : 200, body: 'as prescribed' }),
    });
    gateway = await startGateway({ env: { LOG_LEVEL: 'warn' } });
    control = admin(gateway);
    await control.createSource({ id: 'web', credentials: { apiKey: 'fk_seen' } });
    await control.createSource({ id: 'app', dialect: 'kixo', credentials: { projectId: 'kx_p', apiKey: 'kx_k' } });
    await control.createDestination({
      id: 'sink',
      config: { url: sink.url },
      match: { events: ['good', 'bad', 'tap'] },
    });
    await control.createDestination({
      id: 'held',
      config: { url: sink.url },
      match: { events: ['good'] },
      paused: true,
    });
  });

  it('is delivered here, held there, and says by which attempt', async () => {
    const id = await flokit('good');
    await until(async () => (await stateAt(id, 'sink'))?.state === 'delivered');
    expect(await trace(id)).toMatchObject({
      event: { id },
      received: { sourceId: 'web' },
      destinations: [
        { destinationId: 'held', matched: true, state: 'waiting', heldBy: 'paused: admin' },
        { destinationId: 'sink', matched: true, state: 'delivered', attempts: [{ status: 200, outcome: 'delivered' }] },
      ],
    });
  });

  it('is not wanted, by the member of match that did not fit', async () => {
    const id = await flokit('other');
    await until(async () => (await stateAt(id, 'sink'))?.matched === false);
    expect(await stateAt(id, 'sink')).toMatchObject({ matched: false, rule: 'events', attempts: [] });
  });

  it('is dead-lettered, with the vendor words, and can be replayed under its id', async () => {
    const id = await flokit('bad');
    await until(async () => (await stateAt(id, 'sink'))?.state === 'dead_lettered');
    expect(await stateAt(id, 'sink')).toMatchObject({ reason: { code: 'http_422' } });
    sink.replyWith(() => ({ status: 200 }));
    const order = { destinationId: 'sink', from: 'dead-letters' };
    expect((await control.ask('POST', '/replays', { ...order, dryRun: true })).body).toMatchObject({ matched: 1 });
    const replay = await control.ask('POST', '/replays', order);
    expect(replay.status).toBe(201);
    const { id: replayId } = replay.body as { readonly id: string };
    expect(replay.headers.get('location')).toBe(`/admin/v1/replays/${replayId}`);
    await until(async () => {
      const { body } = await control.ask('GET', `/replays/${replayId}`);
      return (body as { readonly delivered: number }).delivered === 1;
    });
    expect(await control.deadLetters('sink')).toEqual([]);
    expect(eventsAt(sink).filter((event) => event.id === id)).toHaveLength(2);
    expect(await stateAt(id, 'sink')).toMatchObject({
      state: 'delivered',
      attempts: [{ status: 422 }, { status: 200 }],
    });
    expect((await stateAt(id, 'sink'))?.reason).toBeUndefined();
    const { body } = await control.ask('GET', '/events?event=bad');
    expect((body as { readonly data: readonly { readonly id: string }[] }).data.map((event) => event.id)).toEqual([id]);
  });

  it('is on the largest page also where every event came alone', async () => {
    await control.createSource({ id: 'alone', credentials: { apiKey: 'fk_alone' }, rateLimit: null });
    for (let n = 0; n < 250; n++) {
      await fetch(`${gateway.baseUrl}/v1/events`, {
        method: 'POST',
        headers: { authorization: 'Bearer fk_alone', 'content-type': 'application/json' },
        body: JSON.stringify({ event: `alone_${n}`, user_id: 'u', timestamp }),
      });
    }
    const { body } = await control.ask('GET', '/events?sourceId=alone&limit=250');
    const { data } = body as { readonly data: readonly { readonly event: string }[] };
    expect(data.map(({ event }) => event)).toEqual(Array.from({ length: 250 }, (_, n) => `alone_${249 - n}`));
  });

  it('is found by an id that was made from its content', async () => {
    const batch = [{ event_type: 'tap', event_name: 'tap', device_id: 'd', session_id: 's', timestamp }];
    await post('/v1/batch', { project_id: 'kx_p', api_key: 'kx_k', bundle_id: 'b', platform: 'ios', batch });
    const arrived = await until(() => eventsAt(sink).find(({ event }) => event === 'tap'));
    expect(await trace(arrived.id)).toMatchObject({ event: { id: arrived.id }, received: { sourceId: 'app' } });
  });

  it('is listed with its reason when it was refused, without credentials', async () => {
    const batch = [{ event_type: 'tap', event_name: 'tap', device_id: 'd', session_id: 's', timestamp: 'yesterday' }];
    const refused = await post('/v1/batch', {
      project_id: 'kx_p',
      api_key: 'kx_k',
      bundle_id: 'b',
      platform: 'ios',
      batch,
    });
    expect(refused.body).toEqual({ status: 'ok', accepted: 0 });
    const { body } = await control.ask('GET', `/rejections?requestId=${refused.requestId}`);
    expect(body).toMatchObject({ data: [{ sourceId: 'app', dialect: 'kixo', index: 0, name: 'tap' }] });
    expect(JSON.stringify(body)).not.toContain('kx_k');
  });

  it.each(['evt_00000000000000000000', 'evt_zzzzzzzzzzzzzzzzzzzz', 'nonsense'])('is not known: %s', async (id) => {
    expect((await control.ask('GET', `/events/${id}/trace`)).status).toBe(404);
  });
});
