import { batchWith, deliver, eventOf, exchange } from '../../../../test/support/connector-driver.js';
import type { StandIn } from '../../../../test/support/stand-ins/stand-in.js';
import { startVibefollow } from '../../../../test/support/stand-ins/vibefollow.js';
import vibefollow from './vibefollow.connector.js';

let standIn: StandIn;
const credentials = { apiKey: 'sk_live_0123456789' };
const settings = () => ({ config: { baseUrl: standIn.url }, credentials });
/** As VibeFollow's own `/events/batch` leaves it: the time of receipt. */
const untimed = { timestamp: '2026-05-01T10:00:06.000Z' };
const identify = { type: 'identify', event: 'identify' } as const;
const paths = () => standIn.requests.map(({ path, takenCount }) => `${path} ${takenCount}`);

beforeEach(async () => {
  standIn = await startVibefollow(credentials);
});
afterEach(() => standIn.close());

describe('VibeFollow as a destination', () => {
  it('gets each kind of record at its endpoint, within the bound of each', async () => {
    const kinds = [{}, untimed, identify];
    const events = Array.from({ length: 2_100 }, (_, n) => eventOf(n, kinds[n % 3]));
    const { delivered } = await deliver(vibefollow, settings(), events);
    expect(delivered).toHaveLength(2_100);
    expect(paths()).toEqual([
      '/api/v1/events/bulk 700',
      '/api/v1/events/batch 500',
      '/api/v1/events/batch 200',
      '/api/v1/users/bulk 700',
    ]);
  });

  it('names one poisoned event among 1,000 of a bulk without an extra request', async () => {
    const events = batchWith(1_000, 617, { properties: { long: 'x'.repeat(1_100_000) } });
    const { requests, delivered, rejected } = await deliver(vibefollow, settings(), events);
    expect([requests, delivered.length]).toEqual([1, 999]);
    expect(rejected).toEqual(['evt_00000000000000000617: properties: at most 100 keys and 1 MB']);
  });

  it('names one poisoned event among 500 of a batch with one extra request', async () => {
    const events = batchWith(500, 499, { properties: { long: 'x'.repeat(1_100_000) } }).map((event) => ({
      ...event,
      ...untimed,
    }));
    const { requests, delivered, rejected } = await deliver(vibefollow, settings(), events);
    expect([requests, delivered.length]).toEqual([2, 499]);
    expect(rejected).toEqual(['evt_00000000000000000499: properties: at most 100 keys and 1 MB']);
    expect(standIn.taken).toHaveLength(499);
  });

  it('keeps what would refuse a batch from being sent', async () => {
    const properties = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, n]));
    const { requests, rejected } = await deliver(vibefollow, settings(), batchWith(10, 4, { ...untimed, properties }));
    expect(requests).toBe(1);
    expect(rejected).toEqual(['evt_00000000000000000004: properties: properties must have at most 100 keys']);
  });

  it('leaves equal events that have no time of their own apart', async () => {
    const twin = { user_id: 'u-1', properties: {}, ...untimed };
    await deliver(vibefollow, settings(), [eventOf(0, twin), eventOf(1, twin), eventOf(2, twin)]);
    expect(standIn.taken).toHaveLength(3);
  });

  it('leaves equal events of Klaviyo apart that have no time of their own, also in requests of their own', async () => {
    const received_at = '2026-05-01T10:00:06.789Z';
    const twin = { user_id: 'u-1', ...untimed, received_at, source: { id: 'src-1', dialect: 'klaviyo' } };
    for (const event of [eventOf(0, twin), eventOf(1, twin)]) {
      const placement = vibefollow.place(event, settings());
      const lane = placement.kind === 'lane' ? placement.lane : '';
      await exchange(vibefollow, settings(), [event], lane, `req_${event.id}`);
    }
    expect(standIn.taken.map(({ properties }) => properties.n)).toEqual([0, 1]);
    expect(paths()).toEqual(['/api/v1/events/batch 1', '/api/v1/events/batch 1']);
  });

  it('takes the second of receipt for an event’s own time where it is none of Klaviyo’s', () => {
    const event = eventOf(0, { ...untimed, received_at: '2026-05-01T10:00:06.789Z' });
    expect(vibefollow.place(event, settings())).toMatchObject({ lane: 'bulk' });
  });

  it.each(['flokit', 'vibefollow'])(
    'loses no event of %s to one of the same user, name and second',
    async (dialect) => {
      const source = { id: 'src-1', dialect };
      const twin = { user_id: 'u-1', source };
      const other = { user_id: 'u-1', event: 'order_cancelled', source };
      await deliver(vibefollow, settings(), [eventOf(0, twin), eventOf(1, twin), eventOf(2, other), eventOf(3, twin)]);
      expect(standIn.taken.map(({ properties }) => properties.n)).toEqual([0, 2, 1, 3]);
      expect(paths()).toEqual(['/api/v1/events/bulk 2', '/api/v1/events/batch 2']);
    },
  );

  it('refuses a user’s bad address alone', async () => {
    const users = [eventOf(0, identify), eventOf(1, { ...identify, identity: { email: 'nope' } })];
    const { delivered, rejected } = await deliver(vibefollow, settings(), users);
    expect(delivered).toEqual(['evt_00000000000000000000']);
    expect(rejected).toEqual(['evt_00000000000000000001: email: Invalid email']);
  });

  it('settles as duplicate what VibeFollow knows by its key', async () => {
    const send = (user_id: string) =>
      exchange(vibefollow, settings(), [eventOf(0, { user_id, ...untimed })], 'batch', 'req_b1_1');
    expect(await send('u-1')).toEqual({ kind: 'delivered' });
    expect(await send('u-1')).toEqual({ kind: 'delivered' });
    expect(await send('u-2')).toEqual({ kind: 'per_event', outcomes: [{ kind: 'duplicate' }] });
    expect([standIn.taken.length, standIn.repeated]).toEqual([1, 1]);
  });

  describe.each([
    ['amount and currency', { amount: 12.9, currency: 'EUR' }, 98, [99, 100]],
    ['an amount alone', { amount: 12.9 }, 99, [100]],
  ])('of an event with %s', (_, value, withRoom, withoutRoom) => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));
    const event = (count: number) => eventOf(0, { properties: keys(count), value });
    const reason = 'VibeFollow takes 100 property keys, and the others leave no room';

    it(`gets it among ${withRoom} other keys`, async () => {
      await deliver(vibefollow, settings(), [event(withRoom)]);
      expect(standIn.taken.map(({ properties }) => properties)).toEqual([{ ...keys(withRoom), ...value }]);
      expect(vibefollow.lost?.(event(withRoom), settings())).toEqual([]);
    });

    it.each(withoutRoom)('gets none of it where there is no room: %i keys', async (count) => {
      const { delivered, rejected } = await deliver(vibefollow, settings(), [event(count)]);
      expect([delivered, rejected]).toEqual([['evt_00000000000000000000'], []]);
      expect(standIn.taken.map(({ properties }) => properties)).toEqual([keys(count)]);
      expect(vibefollow.lost?.(event(count), settings())).toEqual(
        Object.keys(value).map((name) => ({ field: `value.${name}`, reason })),
      );
    });

    it('gets it among 100 keys that have its place already and state nothing', async () => {
      const nothing = Object.fromEntries(Object.keys(value).map((name) => [name, null]));
      const properties = { ...keys(withRoom), ...nothing };
      await deliver(vibefollow, settings(), [eventOf(0, { properties, value })]);
      expect(standIn.taken.map((taken) => taken.properties)).toEqual([{ ...keys(withRoom), ...value }]);
    });

    it('does not get 101 keys of the event itself', async () => {
      const { rejected } = await deliver(vibefollow, settings(), [event(101)]);
      expect(rejected).toEqual(['evt_00000000000000000000: properties: properties must have at most 100 keys']);
    });
  });

  it.each([
    ['bulk', 200, { kind: 'retry', code: 'answer_cut' }],
    ['users', 200, { kind: 'retry', code: 'answer_cut' }],
    // Says no more than that it took all of them.
    ['batch', 202, { kind: 'delivered' }],
  ])('is asked again where an answer that lists refusals is cut: %s', (lane, status, meaning) => {
    const cut = { status, headers: {}, body: '{"data":{"accepted":0,"rejected":1,"errors":[{"ind', cut: true };
    expect(vibefollow.interpret(cut, [eventOf(0)], lane)).toEqual(meaning);
  });

  it('is quoted in part, code and reason', () => {
    const errors = [{ index: 0, code: 'c'.repeat(5_000), message: 'm'.repeat(5_000) }];
    const body = JSON.stringify({ data: { accepted: 0, rejected: 1, errors } });
    const refusal = { code: 'c'.repeat(100), detail: 'm'.repeat(2_000) };
    expect(vibefollow.interpret({ status: 200, headers: {}, body }, [eventOf(0)], 'bulk')).toEqual({
      kind: 'per_event',
      outcomes: [{ kind: 'rejected', refusal }],
    });
  });

  it('wants nobody without a user', async () => {
    const nobody = eventOf(0, { user_id: null, anonymous_id: 'a-1' });
    const { requests, notWanted } = await deliver(vibefollow, settings(), [nobody]);
    expect([requests, notWanted]).toEqual([0, ['evt_00000000000000000000']]);
  });
});
