import { gzipSync } from 'node:zlib';
import { startFlokit } from './flokit.js';
import { startKixo } from './kixo.js';
import { startKlaviyo } from './klaviyo.js';
import type { StandIn } from './stand-in.js';
import { startVibefollow } from './vibefollow.js';

let standIn: StandIn;
let auth: Readonly<Record<string, string>> = {};

afterEach(() => standIn.close());

async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${standIn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...auth, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

describe('FloKit', () => {
  const event = { event: 'login', user_id: 'u-1', timestamp: '2026-02-11T06:30:00Z' };

  beforeEach(async () => {
    standIn = await startFlokit({ apiKey: 'fk_rw', readOnlyApiKey: 'fk_ro' });
    auth = { authorization: 'Bearer fk_rw' };
  });

  it('keeps the valid events and names the others by index', async () => {
    const events = [
      event,
      { ...event, timestamp: '2024-02-30T00:00:00Z' },
      { ...event, event: 'subscription_started', properties: { revenue: 12 } },
      { ...event, user_id: 7 },
      { event: 'x', timestamp: '2026-02-11T06:30:00Z' },
      null,
    ];
    expect(await post('/v1/batch/events', { events })).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        accepted: 1,
        rejected: 5,
        event_ids: ['evt_01h00000000000000001'],
        errors: [
          { index: 1, event: 'login', reason: 'Invalid field: timestamp' },
          { index: 2, event: 'subscription_started', reason: 'Missing required field: currency' },
          { index: 3, event: 'login', reason: 'Invalid field: user_id' },
          { index: 4, event: 'x', reason: 'Missing required field: user_id or anonymous_id' },
          { index: 5, event: null, reason: 'Invalid field: event' },
        ],
      },
    });
    expect(standIn.taken).toEqual([{ name: 'login', person: 'u-1', dedupKey: null, properties: {}, wire: event }]);
  });

  it('answers a repeated key with the first answer and keeps nothing new', async () => {
    const first = await post('/v1/batch/events', { events: [event, event] }, { 'idempotency-key': 'k' });
    const second = await post('/v1/batch/events', { events: [event] }, { 'idempotency-key': 'k' });
    expect(second.body).toEqual(first.body);
    expect([standIn.taken.length, standIn.repeated]).toEqual([2, 2]);
  });

  it.each([
    ['/v1/batch/events', { events: [] }, {}, 400],
    ['/v1/batch/events', { events: Array(1_001).fill(event) }, {}, 400],
    ['/v1/batch/events', '{', {}, 400],
    ['/v1/batch/events', { events: [event] }, { 'content-type': 'text/plain' }, 400],
    ['/v1/batch/events', { events: [event] }, { authorization: 'Bearer nope' }, 401],
    ['/v1/batch/events', { events: [event] }, { authorization: 'Bearer fk_ro' }, 403],
    ['/v1/batch/event', { events: [event] }, {}, 404],
    ['/v1/batch/events', { events: [{ ...event, properties: { x: 'x'.repeat(11_000_000) } }] }, {}, 413],
  ])('refuses at %s', async (path, body, headers, status) => {
    expect((await post(path, body, headers)).status).toBe(status);
    expect(standIn.taken).toEqual([]);
  });

  it('throttles the 101st request of a minute', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 201; n += 1) statuses.push((await post('/v1/batch/events', { events: [event] })).status);
    // A minute may turn in between.
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(200);
    expect(statuses).toContain(429);
  });

  it('takes a compressed body', async () => {
    const answer = await fetch(`${standIn.url}/v1/events`, {
      method: 'POST',
      headers: { ...auth, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(event)),
    });
    expect(await answer.json()).toEqual({ status: 'ok', event_id: 'evt_01h00000000000000001' });
  });
});

describe('VibeFollow', () => {
  const event = { external_user_id: 'c-9', name: 'report_shared', properties: { to: 4 } };
  const timed = { ...event, timestamp: '2026-03-02T08:00:00Z' };

  beforeEach(async () => {
    standIn = await startVibefollow({ apiKey: 'sk_live_1', rateLimit: [{ requests: 1_000, perSeconds: 60 }] });
    auth = { authorization: 'Bearer sk_live_1' };
  });

  it('takes a batch whole or not at all', async () => {
    expect(await post('/api/v1/events/batch', { events: [event, { name: 'x' }] })).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'validation_failed', message: 'required', field: 'events[1].external_user_id' }] },
    });
    expect(standIn.taken).toEqual([]);
    expect(await post('/api/v1/events/batch', { events: [event] })).toMatchObject({
      status: 202,
      body: { data: { accepted: true } },
    });
    expect(standIn.taken).toHaveLength(1);
  });

  it('judges bulk records one by one and drops repeats by user, name and time', async () => {
    const events = [timed, { ...timed, name: '' }, { ...timed, timestamp: 'yesterday' }, timed];
    expect((await post('/api/v1/events/bulk', { events })).body).toEqual({
      data: {
        accepted: 2,
        rejected: 2,
        errors: [
          { index: 1, code: 'validation', message: 'name must be at least 1 character', field: 'name' },
          { index: 2, code: 'validation', message: 'Invalid timestamp', field: 'timestamp' },
        ],
      },
      meta: { received: 4 },
    });
    expect([standIn.taken.length, standIn.repeated]).toEqual([1, 1]);
  });

  it('refuses a key with another body', async () => {
    await post('/api/v1/events', event, { 'idempotency-key': 'k' });
    expect((await post('/api/v1/events', event, { 'idempotency-key': 'k' })).status).toBe(202);
    expect((await post('/api/v1/events', timed, { 'idempotency-key': 'k' })).status).toBe(422);
    expect(standIn.taken).toHaveLength(1);
  });

  it.each([
    [
      '/api/v1/events',
      { ...event, properties: Object.fromEntries([...Array(101).keys()].map((n) => [n, n])) },
      {},
      422,
    ],
    ['/api/v1/events/batch', { events: Array(501).fill(event) }, {}, 422],
    ['/api/v1/events/bulk', { events: Array(1_001).fill(event) }, {}, 400],
    ['/api/v1/users', { external_user_id: 'c-9', email: 'nope' }, {}, 422],
    ['/api/v1/events', event, { authorization: 'bearer sk_live_1' }, 401],
    ['/v1/events', event, {}, 404],
    ['/api/v1/events', { ...event, properties: { x: 'x'.repeat(6_000_000) } }, {}, 413],
  ])('refuses at %s', async (path, body, headers, status) => {
    expect((await post(path, body, headers)).status).toBe(status);
    expect(standIn.taken).toEqual([]);
  });
});

describe('Kixo', () => {
  const item = {
    event_type: 'tap',
    event_name: 'Buy',
    device_id: 'd',
    session_id: 's',
    timestamp: '2026-05-01T10:00:01Z',
  };
  const envelope = { project_id: 'kx_proj_1', api_key: 'kx_key_1', bundle_id: 'org.shop', platform: 'ios' };

  beforeEach(async () => {
    standIn = await startKixo({ projectId: 'kx_proj_1', apiKey: 'kx_key_1' });
    auth = {};
  });

  it('counts what it took and says no more', async () => {
    const batch = [
      item,
      { ...item, event_name: '' },
      { ...item, event_type: 'session_start', event_name: '' },
      { ...item, timestamp: 1 },
    ];
    expect((await post('/v1/batch', { ...envelope, batch })).body).toEqual({ status: 'ok', accepted: 2 });
    expect(standIn.taken.map(({ wire }) => wire.event_type)).toEqual(['tap', 'session_start']);
  });

  it.each([
    [{ ...envelope, batch: [item], api_key: 'kx_key_2' }, 401],
    [{ ...envelope, batch: [item], platform: 'server' }, 400],
    [{ ...envelope, batch: [item], bundle_id: undefined }, 400],
    [{ ...envelope }, 400],
    ['[]', 400],
    [{ ...envelope, batch: Array(1_001).fill(item) }, 429],
  ])('refuses %#', async (body, status) => {
    const answer = await post('/v1/batch', body);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, null]);
    expect(standIn.taken).toEqual([]);
  });
});

describe('Klaviyo', () => {
  const event = (unique_id?: string, more: object = {}) => ({
    type: 'event',
    attributes: {
      metric: { data: { type: 'metric', attributes: { name: 'Renewed Pass' } } },
      properties: { zone: 2 },
      time: '2026-06-01T05:00:00Z',
      ...(unique_id !== undefined && { unique_id }),
      ...more,
    },
  });
  const item = (attributes: object, ...events: readonly object[]) => ({
    type: 'event-bulk-create',
    attributes: { profile: { data: { type: 'profile', attributes } }, events: { data: events } },
  });
  const job = (...data: readonly object[]) => ({
    data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data } } },
  });
  const lee = { email: 'lee@sample.test' };
  const path = '/api/event-bulk-create-jobs';

  beforeEach(async () => {
    standIn = await startKlaviyo({ privateKey: 'pk_1' });
    auth = { authorization: 'Klaviyo-API-Key pk_1', revision: '2026-07-15' };
  });

  it('takes a job with an empty answer that tells the limit', async () => {
    const answer = await post(path, job(item(lee, event('a'), event('b')), item({ external_id: 'm-41' }, event('a'))));
    expect([answer.status, answer.body, answer.headers.get('ratelimit-limit')]).toEqual([202, null, '150']);
    expect(standIn.taken.map(({ person, dedupKey }) => [person, dedupKey])).toEqual([
      ['lee@sample.test', 'a'],
      ['lee@sample.test', 'b'],
      ['m-41', 'a'],
    ]);
  });

  it('refuses the whole job for one event and points at every violation', async () => {
    const bad = item({ email: 'nope', phone_number: '123' }, event('a', { time: '1980-01-01T00:00:00Z', value: '5' }));
    const answer = await post(path, job(item(lee, event('a')), bad));
    const errors = (answer.body as { errors: readonly { status: number; source: { pointer: string } }[] }).errors;
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/vnd.api+json');
    expect(errors.map(({ status, source }) => [status, source.pointer])).toEqual([
      [400, '/data/attributes/events-bulk-create/data/1/attributes/profile/data/attributes/email'],
      [400, '/data/attributes/events-bulk-create/data/1/attributes/profile/data/attributes/phone_number'],
      [400, '/data/attributes/events-bulk-create/data/1/attributes/events/data/0/attributes/time'],
      [400, '/data/attributes/events-bulk-create/data/1/attributes/events/data/0/attributes/value'],
    ]);
    expect(standIn.taken).toEqual([]);
  });

  it('refuses a unique_id that one profile has twice, and drops one it has had before', async () => {
    expect((await post(path, job(item(lee, event('a')), item(lee, event('a'))))).status).toBe(400);
    expect((await post(path, job(item(lee, event('a'))))).status).toBe(202);
    expect((await post(path, job(item(lee, event('a'))))).status).toBe(202);
    expect([standIn.taken.length, standIn.repeated]).toEqual([1, 1]);
  });

  it('collapses events of one second that have no unique_id', async () => {
    await post(path, job(item(lee, event(), event())));
    expect([standIn.taken.length, standIn.repeated]).toEqual([1, 1]);
  });

  it.each([
    [job(), {}, 400],
    [job(item(lee)), {}, 400],
    [job(item({}, event())), {}, 400],
    [job(item(lee, ...Array<object>(1_001).fill(event()))), {}, 400],
    [job(item(lee, event('a', { properties: undefined }))), {}, 400],
    [job(item(lee, event('a', { properties: { x: 'x'.repeat(102_401) } }))), {}, 400],
    [job(item(lee, event('a'))), { revision: 'newest' }, 400],
    [job(item(lee, event('a'))), { authorization: 'Bearer pk_1' }, 401],
    [job(item(lee, event('a', { properties: { x: Array(60).fill('x'.repeat(100_000)) } }))), {}, 413],
  ])('refuses %#', async (body, headers, status) => {
    expect((await post(path, body, headers)).status).toBe(status);
    expect(standIn.taken).toEqual([]);
  });

  it('throttles the eleventh job of a second and then tells only the wait', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => post(path, job(item(lee, event(String(n)))))),
    );
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(20);
    expect(limited[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect(limited[0]?.headers.get('ratelimit-limit')).toBeNull();
  });
});

describe('prescribed faults', () => {
  const event = { event: 'login', user_id: 'u-1', timestamp: '2026-02-11T06:30:00Z' };
  const send = () => post('/v1/events', event);

  beforeEach(async () => {
    standIn = await startFlokit({ apiKey: 'fk_rw' });
    auth = { authorization: 'Bearer fk_rw' };
  });

  it('happen in their order, one a request, and are recorded', async () => {
    standIn.prescribe(
      { kind: 'answer', reply: { status: 503, headers: { 'retry-after': '1' } } },
      { kind: 'answer_after_taking', reply: { status: 500 } },
      { kind: 'lose_answer' },
      { kind: 'reset' },
      { kind: 'delay', delayMs: 5 },
    );
    expect(await send()).toMatchObject({ status: 503, body: null });
    expect(await send()).toMatchObject({ status: 500 });
    await expect(send()).rejects.toThrow();
    await expect(send()).rejects.toThrow();
    expect(await send()).toMatchObject({ status: 200 });
    expect(await send()).toMatchObject({ status: 200 });
    expect(standIn.requests.map(({ outcome, takenCount }) => [outcome, takenCount])).toEqual([
      [503, 0],
      [500, 1],
      ['reset', 1],
      ['reset', 0],
      [200, 1],
      [200, 1],
    ]);
    expect(standIn.counts(({ person }) => person)).toEqual(new Map([['u-1', 4]]));
  });

  it('can last until they are called off', async () => {
    standIn.prescribeAlways({ kind: 'answer', reply: { status: 401 } });
    expect([(await send()).status, (await send()).status]).toEqual([401, 401]);
    standIn.prescribeAlways({ kind: 'behave' });
    expect((await send()).status).toBe(200);
    await standIn.untilTaken(1, 1_000);
    await expect(standIn.untilTaken(2, 20)).rejects.toThrow('1 of 2 events after 20 ms');
  });
});
