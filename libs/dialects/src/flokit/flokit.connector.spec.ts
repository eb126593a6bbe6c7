import { Ajv2020 } from 'ajv/dist/2020.js';
import { batchWith, deliver, eventOf, exchange } from '../../../../test/support/connector-driver.js';
import { startFlokit } from '../../../../test/support/stand-ins/flokit.js';
import type { StandIn } from '../../../../test/support/stand-ins/stand-in.js';
import flokit from './flokit.connector.js';

let standIn: StandIn;
const credentials = { apiKey: 'fk_rw_0123456789' };
const settings = () => ({ config: { baseUrl: standIn.url }, credentials });

beforeEach(async () => {
  standIn = await startFlokit(credentials);
});
afterEach(() => standIn.close());

describe('FloKit as a destination', () => {
  it('gets a full batch in one request', async () => {
    const events = Array.from({ length: 1_000 }, (_, n) => eventOf(n));
    const { requests, delivered } = await deliver(flokit, settings(), events);
    expect([requests, delivered.length]).toEqual([1, 1_000]);
    expect(standIn.taken.map(({ person }) => person)).toEqual(events.map(({ user_id }) => user_id));
    expect(standIn.requests[0]).toMatchObject({ path: '/v1/batch/events', outcome: 200 });
  });

  it('names one poisoned event among 1,000 without an extra request', async () => {
    const events = batchWith(1_000, 617, { event: 'subscription_started', properties: { revenue: 5 } });
    const { requests, delivered, rejected } = await deliver(flokit, settings(), events);
    expect([requests, delivered.length]).toEqual([1, 999]);
    expect(rejected).toEqual(['evt_00000000000000000617: Missing required field: currency']);
    expect(standIn.taken).toHaveLength(999);
  });

  it('repeats a request whose answer was lost under its key, and FloKit keeps its events once', async () => {
    standIn.prescribe({ kind: 'lose_answer' });
    const events = [eventOf(0), eventOf(1)];
    const send = () => exchange(flokit, settings(), events, 'events', 'req_b1_1');
    await expect(send()).rejects.toThrow();
    expect(await send()).toEqual({ kind: 'delivered' });
    expect([standIn.taken.length, standIn.repeated]).toEqual([2, 2]);
  });

  describe('whose list of refusals is long', () => {
    const events = [eventOf(0), eventOf(1)];
    const reason = '🎉'.repeat(200_000);
    const body = JSON.stringify({ status: 'ok', accepted: 1, rejected: 1, errors: [{ index: 1, reason }] });

    it('is asked again where its answer is cut: nobody knows who was refused', () => {
      const cut = { status: 200, headers: {}, body: body.slice(0, 100), cut: true };
      expect(flokit.interpret(cut, events, 'events')).toEqual({ kind: 'retry', code: 'answer_cut' });
      expect(flokit.interpret({ ...cut, status: 429 }, events, 'events')).toEqual({ kind: 'throttled' });
    });

    it('is quoted in part', () => {
      const meaning = flokit.interpret({ status: 200, headers: {}, body }, events, 'events');
      const refusal = { code: 'event_refused', detail: '🎉'.repeat(2_000) };
      expect(meaning).toEqual({
        kind: 'per_event',
        outcomes: [{ kind: 'delivered' }, { kind: 'rejected', refusal }],
      });
    });
  });

  const no = { kind: 'answer', reply: { status: 400, body: { error: 'validation_error', message: 'no' } } } as const;

  it('splits a batch that FloKit refuses without naming anybody', async () => {
    // All three, each of the first two alone, and the third alone.
    standIn.prescribe(no, { kind: 'behave' }, { kind: 'behave' }, no);
    const { requests, delivered, rejected } = await deliver(flokit, settings(), batchWith(3, -1, {}));
    expect([requests, delivered.length]).toEqual([4, 2]);
    expect(rejected).toEqual(['evt_00000000000000000002: {"error":"validation_error","message":"no"}']);
  });

  it('gives up no event for a refusal that is not repeated', async () => {
    standIn.prescribe(no);
    const { delivered, rejected } = await deliver(flokit, settings(), batchWith(3, -1, {}));
    expect([delivered.length, rejected]).toEqual([3, []]);
  });

  it('takes neither side’s events for the other’s: envelopes stay apart', async () => {
    const tagged = (n: number, batch: string) => eventOf(n, { extras: { envelope: { batch } } });
    const { requests } = await deliver(flokit, settings(), [
      tagged(0, 'a'),
      eventOf(1),
      tagged(2, 'b'),
      tagged(3, 'a'),
    ]);
    expect(requests).toBe(3);
    const bodies = standIn.requests.map(({ json }) => json as { readonly batch?: string; readonly events: unknown[] });
    expect(bodies.map(({ batch, events }) => [batch, events.length])).toEqual([
      ['a', 2],
      [undefined, 1],
      ['b', 1],
    ]);
  });

  it('waits as long as FloKit asks when the minute is used up', async () => {
    const send = (n: number) => exchange(flokit, settings(), [eventOf(n)], 'events', `req_${n}`);
    for (let n = 0; n < 100; n++) await send(n);
    expect(await send(100)).toMatchObject({ kind: 'throttled', afterMs: expect.any(Number) as number });
  });

  it('holds its events when the key is refused', async () => {
    const wrong = { ...settings(), credentials: { apiKey: 'nope' } };
    expect(await exchange(flokit, wrong, [eventOf(0)], 'events', 'req_1')).toEqual({
      kind: 'paused',
      code: 'http_401',
    });
  });
});

describe('FloKit settings', () => {
  const ajv = new Ajv2020();
  const takesConfig = ajv.compile(flokit.configSchema);
  const takesCredentials = ajv.compile(flokit.credentialsSchema);

  it.each(['https://api.flokit.ai', 'http://127.0.0.1:9009/', 'https://[::1]:8443'])('take %s', (baseUrl) => {
    expect(takesConfig({ baseUrl })).toBe(true);
  });

  it.each([
    'https://api.flokit.ai/v1',
    'https://user:secret@api.flokit.ai',
    'https://api.flokit.ai?key=1',
    'https://api.flokit.ai#x',
    'https://api.flokit.ai\\v1',
    'ftp://api.flokit.ai',
    'api.flokit.ai',
    'https://api flokit.ai',
    '',
  ])('refuse %j', (baseUrl) => {
    expect(takesConfig({ baseUrl })).toBe(false);
  });

  it.each(['', 'a b', 'key\r\nx-injected: 1', 'schlüssel'])('refuse the key %j', (apiKey) => {
    expect(takesCredentials({ apiKey })).toBe(false);
  });
});
