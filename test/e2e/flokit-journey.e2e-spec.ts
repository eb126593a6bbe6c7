import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import {
  eventsAt,
  flokitItem,
  flokitItems,
  flokitSender,
  openLine,
  startGateway,
  until,
  type FlokitBatchAnswer,
  type Gateway,
  type HttpAnswer,
  type Line,
} from '../support/index.js';

const eventId = /^evt_[0-9a-z]{20}$/;
const requestId = /^req_[0-9a-z]+$/;

describe('FloKit events', () => {
  let gateway: Gateway;
  let line: Line;

  beforeAll(async () => {
    gateway = await startGateway();
    line = await openLine(gateway, {}, { id: 'backend' });
  });

  describe('in a batch', () => {
    it('arrive signed, under exactly the ids of the answer', async () => {
      const answer = await line.sender.batch([
        {
          event: 'paywall_viewed',
          user_id: 'usr_abc123',
          timestamp: '2026-03-15T14:20:00Z',
          properties: { paywall_id: 'pw_annual_v3', context: 'onboarding_step_3' },
        },
        { event: 'trial_started', user_id: 'usr_abc123', timestamp: '2026-03-15T14:22:31Z' },
        {
          event: 'subscription_started',
          user_id: 'usr_abc123',
          anonymous_id: 'dev-c41',
          timestamp: '2026-03-22T14:22:35.250+02:00',
          properties: { plan_id: 'annual', revenue: 49.99, currency: 'USD', transaction_id: 'txn_1' },
        },
      ]);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      const body = JSON.parse(answer.text) as FlokitBatchAnswer;
      expect(Object.keys(body)).toEqual(['status', 'accepted', 'rejected', 'event_ids', 'errors']);
      expect(body).toEqual({
        status: 'ok',
        accepted: 3,
        rejected: 0,
        event_ids: [expect.stringMatching(eventId), expect.stringMatching(eventId), expect.stringMatching(eventId)],
        errors: [],
      });
      expect([...body.event_ids].sort()).toEqual(body.event_ids);

      const request = await until(() => line.sink.requests[0]);
      expect(request).toMatchObject({ method: 'POST', url: '/events' });
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const secret = line.signingSecret;
      const verified = new Webhook(secret).verify(request.body, headers) as { events: unknown[] };
      expect(() => new Webhook(secret).verify(`${request.body} `, headers)).toThrow('No matching signature');
      expect(verified.events).toMatchObject([
        { id: body.event_ids[0], event: 'paywall_viewed', properties: { paywall_id: 'pw_annual_v3' } },
        { id: body.event_ids[1], event: 'trial_started', timestamp: '2026-03-15T14:22:31.000Z' },
        {
          id: body.event_ids[2],
          type: 'track',
          event: 'subscription_started',
          user_id: 'usr_abc123',
          anonymous_id: 'dev-c41',
          timestamp: '2026-03-22T12:22:35.250Z',
          properties: { plan_id: 'annual', revenue: 49.99, currency: 'USD', transaction_id: 'txn_1' },
          value: { amount: 49.99, currency: 'USD' },
          source: { id: 'backend', dialect: 'flokit' },
        },
      ]);
      expect(verified.events).toHaveLength(3);
    });

    it('are taken in part: the refused ones are named by position, the others arrive', async () => {
      const answer = await line.sender.post('/v1/batch/events', {
        events: [
          flokitItem('partial'),
          { event: 'partial', timestamp: '2026-05-01T10:00:00Z' },
          flokitItem('subscription_started', { properties: { plan_id: 'gold', revenue: 12 } }),
          null,
          flokitItem('partial'),
        ],
      });
      expect(answer.status).toBe(200);
      const { event_ids: ids, ...rest } = JSON.parse(answer.text) as FlokitBatchAnswer;
      expect(rest).toEqual({
        status: 'ok',
        accepted: 2,
        rejected: 3,
        errors: [
          { index: 1, event: 'partial', reason: 'Missing required field: user_id or anonymous_id' },
          { index: 2, event: 'subscription_started', reason: 'Missing required field: currency' },
          { index: 3, event: null, reason: 'Invalid field: events' },
        ],
      });
      expect(ids).toHaveLength(2);
      await line.settled();
      expect(line.arrived('partial')).toEqual(ids);
      const refused = eventsAt(line.sink).filter(({ properties }) => properties.plan_id === 'gold');
      expect(refused).toEqual([]);
    });

    it('arrive complete, a thousand at once', async () => {
      const ids = await line.sender.accepted(flokitItems('thousand', 1_000));
      expect(new Set(ids).size).toBe(1_000);
      await line.settled();
      expect([...line.arrived('thousand')].sort()).toEqual([...ids]);
    });
  });

  it('arrive singly', async () => {
    const answer = await line.sender.post('/v1/events', flokitItem('single', { properties: { paywall_id: 'spring' } }));
    expect(answer.status).toBe(200);
    const body = JSON.parse(answer.text) as { event_id: string };
    expect(Object.keys(body)).toEqual(['status', 'event_id']);
    expect(body).toMatchObject({ status: 'ok' });
    expect(body.event_id).toMatch(eventId);
    await line.settled();
    expect(line.arrived('single')).toEqual([body.event_id]);
  });

  it.each(['/v1/events/', '//v1///events', '/flokit/v1/events', '/flokit//v1/events/', '/v1/events?debug=1'])(
    'arrive from %s',
    async (path) => {
      const { status, headers, text } = await line.sender.post(path, flokitItem(`from ${path}`));
      expect([status, headers.location]).toEqual([200, undefined]);
      await line.settled();
      expect(line.arrived(`from ${path}`)).toEqual([(JSON.parse(text) as { event_id: string }).event_id]);
    },
  );

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('arrive compressed with %s', async (encoding, compress) => {
    const body = compress(JSON.stringify({ events: flokitItems(encoding, 3) }));
    const { status, text } = await line.sender.post('/v1/batch/events', body, { 'Content-Encoding': encoding });
    expect(status).toBe(200);
    await line.settled();
    expect(line.arrived(encoding)).toEqual((JSON.parse(text) as FlokitBatchAnswer).event_ids);
  });

  it('over the rate limit are refused with 429 and not kept', async () => {
    const slow = await openLine(gateway, {}, { rateLimit: { requests: 3, perSeconds: 60 } });
    const answers: HttpAnswer[] = [];
    for (let n = 0; n < 5; n += 1) answers.push(await slow.sender.batch([flokitItem('limited')]));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    const refused = answers.at(-1);
    expect(JSON.parse(refused?.text ?? '')).toEqual({ error: 'rate_limit_exceeded', message: 'Rate limit exceeded' });
    expect(refused?.headers['retry-after']).toMatch(/^[1-9]\d?$/);
    expect(Number(refused?.headers['retry-after'])).toBeLessThanOrEqual(60);
    await until(() => slow.arrived('limited').length >= 3);
    await until(async () => (await slow.stats()).waiting === 0);
    expect(slow.arrived('limited')).toHaveLength(3);
  });

  it('need a key that may write', async () => {
    const { credentials } = await line.admin.createSource({ name: 'Keys', enabled: true });
    const readOnly = flokitSender(gateway.port, credentials.readOnlyApiKey ?? '');
    const nobody = flokitSender(gateway.port, 'fk_rw_unknown');
    const forbidden = await readOnly.batch([flokitItem('denied')]);
    const unauthorized = await nobody.batch([flokitItem('denied')]);
    expect([forbidden.status, forbidden.text]).toEqual([
      403,
      '{"error":"forbidden","message":"This operation requires a read-write key"}',
    ]);
    expect([unauthorized.status, unauthorized.text]).toEqual([
      401,
      '{"error":"unauthorized","message":"Invalid or missing API key"}',
    ]);
    await line.settled();
    expect(line.arrived('denied')).toEqual([]);
  });

  it('and everything else are answered with a request id of their own', async () => {
    const answers = [
      await line.sender.batch([flokitItem('traced')]),
      await line.sender.post('/v1/events', flokitItem('traced')),
      await line.sender.post('/v1/events', '{'),
      await line.sender.post('/v1/events', {}),
      await line.sender.post('/v1/nowhere', {}),
      await line.sender.ask({ method: 'GET', path: '/v1/events' }),
      await line.sender.ask({ path: '/v1/events', body: '{}' }),
      await line.sender.ask({ method: 'GET', path: '/v1/%zz' }),
      await line.sender.ask({ method: 'GET', path: '/health/live' }),
      await line.sender.ask({ method: 'GET', path: '/metrics' }),
      await line.sender.ask({ method: 'GET', path: '/openapi.json' }),
      await line.sender.ask({ method: 'GET', path: '/admin/v1/sources' }),
      await line.sender.ask({ method: 'GET', path: '/nowhere' }),
      await line.sender.ask({ method: 'GET', path: '/' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 400, 400, 404, 405, 401, 400, 200, 200, 200, 401, 404, 200,
    ]);
    for (const { headers } of answers) expect(headers['x-request-id']).toMatch(requestId);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(answers.length);
  });
});
