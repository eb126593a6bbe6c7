import {
  admin,
  startGateway,
  startSink,
  until,
  type Admin,
  type Fields,
  type Gateway,
  type Sink,
} from '../support/index.js';

interface ShownTrace {
  readonly destinations: readonly {
    readonly destinationId: string;
    readonly state?: string;
    readonly rule?: string;
    readonly attempts?: readonly unknown[];
  }[];
}

interface ShownDelivery {
  readonly id: string;
  readonly destinationId: string;
  readonly state: string;
  readonly attempts: readonly { readonly code: string }[];
}

const isoTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const anyNumber: unknown = expect.any(Number);
const requestKey: unknown = expect.stringMatching(/^req_\w+$/);

/** One event on each way that an event can take; docs/tracing.md shows the same. */
describe('the trace of an event', () => {
  let gateway: Gateway;
  let control: Admin;
  let sink: Sink;
  let apiKey: string;

  const send = async (event: string, properties: Fields = {}): Promise<string> => {
    const item = { event, user_id: 'u-1', timestamp: '2026-05-01T10:00:05Z', properties };
    const { id = '' } = await post({ events: [item] });
    return id;
  };
  const post = async (body: unknown): Promise<{ readonly id?: string; readonly requestId: string }> => {
    const response = await fetch(`${gateway.baseUrl}/v1/batch/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { event_ids: ids = [] } = (await response.json()) as { readonly event_ids?: readonly string[] };
    const [id] = ids;
    return { requestId: response.headers.get('x-request-id') ?? '', ...(id === undefined ? {} : { id }) };
  };
  const traced = async (id: string): Promise<ShownTrace> =>
    (await control.ask('GET', `/events/${id}/trace`)).body as ShownTrace;
  /** As soon as it has got so far. */
  const when = (id: string, state: string): Promise<ShownTrace> =>
    until(async () => {
      const trace = await traced(id);
      return trace.destinations.some((one) => one.state === state || one.rule === state) ? trace : undefined;
    });
  const deliveries = async (query: string): Promise<readonly ShownDelivery[]> =>
    ((await control.ask('GET', `/deliveries?${query}`)).body as { readonly data: readonly ShownDelivery[] }).data;

  beforeAll(async () => {
    sink = await startSink();
    gateway = await startGateway({ env: { LOG_LEVEL: 'error' } });
    control = admin(gateway);
    const source = await control.createSource({ id: 'shop' });
    apiKey = source.credentials.apiKey ?? '';
    await control.createDestination({
      id: 'crm',
      config: { url: `${sink.url}/secret-path` },
      credentials: { bearerToken: 'token-of-the-crm' },
      match: { events: ['order*'] },
      transform: { renameEvents: { order: 'Ordered' }, dropProperties: ['internal*'] },
      retry: { minDelayMs: 50, maxDelayMs: 100 },
    });
  });

  it('that was delivered', async () => {
    sink.replyWith(() => ({ status: 200, body: '{"token":"token-of-the-crm"}' }));
    const id = await send('order', { plan: 'pro', internal_note: 'x' });
    expect(await when(id, 'delivered')).toEqual({
      event: expect.objectContaining({
        id,
        event: 'order',
        properties: { plan: 'pro', internal_note: 'x' },
      }) as unknown,
      received: {
        sourceId: 'shop',
        dialect: 'flokit',
        route: 'flokit.batch',
        requestId: expect.stringMatching(/\S/) as unknown,
        at: isoTime,
        segmentId: id.slice(4, 21),
      },
      destinations: [
        {
          destinationId: 'crm',
          matched: true,
          state: 'delivered',
          attempts: [
            {
              at: isoTime,
              key: requestKey,
              status: 200,
              code: 'http_200',
              outcome: 'delivered',
              tookMs: anyNumber,
              request: { method: 'POST', origin: sink.url, bytes: anyNumber },
              response: '{"token":"[redacted]"}',
            },
          ],
          request: {
            method: 'POST',
            url: sink.url,
            headers: expect.objectContaining({ authorization: '[redacted]' }) as unknown,
            body: { events: [expect.objectContaining({ id, event: 'Ordered', properties: { plan: 'pro' } })] },
          },
        },
      ],
    });
  });

  it('that was delivered stays delivered, whoever looks while it is written down', async () => {
    sink.replyWith(() => ({ status: 200 }));
    for (let n = 0; n < 20; n++) {
      const id = await send('order');
      const states: (string | undefined)[] = [];
      // Without a rest: what is looked for lasts some milliseconds.
      while (states.filter((state) => state === 'delivered').length < 10) {
        states.push((await traced(id)).destinations[0]?.state);
      }
      expect(states.slice(states.indexOf('delivered'))).toEqual(Array.from({ length: 10 }, () => 'delivered'));
    }
  });

  it('that was tried again and delivered', async () => {
    let refusals = 2;
    sink.replyWith(() => (refusals-- > 0 ? { status: 503, body: 'come back' } : { status: 200 }));
    const id = await send('order');
    expect(await when(id, 'delivered')).toMatchObject({
      destinations: [
        {
          destinationId: 'crm',
          state: 'delivered',
          attempts: [
            { status: 503, code: 'http_503', outcome: 'retry', response: 'come back' },
            { status: 503, code: 'http_503', outcome: 'retry', response: 'come back' },
            { status: 200, code: 'http_200', outcome: 'delivered' },
          ],
        },
      ],
    });
  });

  it('that waits for its next attempt', async () => {
    sink.replyWith(() => 'reset');
    await control.ask('PATCH', '/destinations/crm', { retry: { minDelayMs: 2_000, maxDelayMs: 2_000 } });
    const id = await send('order');
    // With full jitter the second attempt may follow at once.
    const reset = expect.objectContaining({ code: 'connection_reset', outcome: 'retry' }) as unknown;
    const attempts = expect.arrayContaining([reset]) as unknown;
    expect(await when(id, 'retrying')).toMatchObject({
      destinations: [{ state: 'retrying', attempts, nextAttemptAt: isoTime }],
    });
    expect(await deliveries('status=retrying')).toMatchObject([{ destinationId: 'crm', open: 1, finishedAt: null }]);
    sink.replyWith(() => ({ status: 200 }));
    await control.ask('PATCH', '/destinations/crm', { retry: { minDelayMs: 50, maxDelayMs: 100 } });
    await when(id, 'delivered');
  });

  it('that became a dead letter', async () => {
    sink.replyWith(() => ({ status: 422, body: 'no such plan' }));
    const id = await send('order');
    expect(await when(id, 'dead_lettered')).toMatchObject({
      destinations: [
        {
          destinationId: 'crm',
          state: 'dead_lettered',
          reason: { code: 'http_422', detail: 'no such plan' },
          attempts: [{ status: 422, code: 'http_422', outcome: 'refused', response: 'no such plan' }],
        },
      ],
    });
    sink.replyWith(() => ({ status: 200 }));
  });

  it('that no destination wanted, and why', async () => {
    const id = await send('viewed');
    expect((await when(id, 'events')).destinations).toEqual([
      { destinationId: 'crm', matched: false, rule: 'events', attempts: [] },
    ]);
  });

  it('that a vendor cannot take, and why', async () => {
    const config = { baseUrl: sink.url };
    const match = { events: ['nobody*'] };
    await control.createDestination({ id: 'users', type: 'vibefollow', config, credentials: { apiKey: 'k' }, match });
    const { id = '' } = await post({
      events: [{ event: 'nobody_knows', anonymous_id: 'a-1', timestamp: '2026-05-01T10:00:05Z' }],
    });
    const { destinations } = await when(id, 'not_wanted');
    expect(destinations.find(({ destinationId }) => destinationId === 'users')).toEqual({
      destinationId: 'users',
      matched: true,
      state: 'not_wanted',
      reason: { code: 'no_identity', detail: 'VibeFollow has no place for this event' },
      attempts: [],
    });
    await control.ask('DELETE', '/destinations/users?discard=true');
  });

  it('that is held by a pause, and by an open breaker', async () => {
    await control.ask('POST', '/destinations/crm/pause');
    const id = await send('order');
    expect(await when(id, 'waiting')).toMatchObject({
      destinations: [{ destinationId: 'crm', state: 'waiting', heldBy: 'paused: admin', attempts: [] }],
    });
    sink.replyWith(() => ({ status: 401 }));
    await control.ask('POST', '/destinations/crm/resume');
    const attemptsOf = ({ destinations }: ShownTrace): readonly unknown[] =>
      destinations.flatMap((one) => one.attempts ?? []);
    // A trace reads the batch before the breaker: one that is made just when it opens has no attempt yet.
    const held = await until(async () => {
      const trace = await traced(id);
      return JSON.stringify(trace).includes('breaker') && attemptsOf(trace).length > 0 ? trace : undefined;
    });
    expect(held).toMatchObject({ destinations: [{ state: 'waiting', heldBy: 'breaker: http_401' }] });
    // The open breaker may have asked again already, with this event.
    const attempts = attemptsOf(held);
    expect(attempts).toMatchObject(Array(attempts.length).fill({ status: 401, outcome: 'paused' }));
    sink.replyWith(() => ({ status: 200 }));
    await when(id, 'delivered');
  });

  it('that was refused at the door is found by the id of its request', async () => {
    const { requestId } = await post({ events: [{ event: 'order', user_id: 'u-1', timestamp: 'yesterday' }] });
    const { body } = await until(async () => {
      const answer = await control.ask('GET', `/rejections?requestId=${requestId}`);
      return JSON.stringify(answer.body).includes(requestId) ? answer : undefined;
    });
    expect(body).toEqual({
      data: [
        {
          requestId,
          sourceId: 'shop',
          dialect: 'flokit',
          route: 'flokit.batch',
          at: isoTime,
          status: 200,
          index: 0,
          code: 'invalid_field',
          detail: 'Invalid field: timestamp',
          name: 'order',
          item: { event: 'order', user_id: 'u-1', timestamp: 'yesterday' },
        },
      ],
      nextCursor: null,
    });
  });

  it('is summed up by batch, filtered and in pages', async () => {
    expect(await deliveries('status=dead_lettered')).toMatchObject([
      { destinationId: 'crm', state: 'dead_lettered', deadLettered: 1, codes: ['http_422'], open: 0 },
    ]);
    expect(await deliveries('code=http_503')).toMatchObject([
      { attempts: [{ code: 'http_503', events: 1 }, { code: 'http_503' }, { code: 'http_200' }] },
    ]);
    expect(await deliveries('destinationId=unknown')).toEqual([]);
    expect(await deliveries(`until=2026-01-01T00:00:00Z`)).toEqual([]);
    const all = await deliveries('since=2026-01-01T00:00:00Z');
    expect(all.length).toBeGreaterThanOrEqual(5);
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await control.ask('GET', `/deliveries?limit=2${more}`);
      const page = body as { readonly data: readonly ShownDelivery[]; readonly nextCursor: string | null };
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    expect(new Set(paged).size).toBe(all.length);
  });

  it.each(['status=odd', 'since=yesterday', 'cursor=x', 'limit=0'])('%s is refused with its name', async (query) => {
    const { status, body } = await control.ask('GET', `/deliveries?${query}`);
    expect([status, body]).toMatchObject([422, { errors: [{ pointer: `/${query.split('=')[0] ?? ''}` }] }]);
  });
});
