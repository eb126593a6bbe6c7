import { batchWith, deliver, eventOf, exchange } from '../../../../test/support/connector-driver.js';
import { startKlaviyo } from '../../../../test/support/stand-ins/klaviyo.js';
import type { StandIn } from '../../../../test/support/stand-ins/stand-in.js';
import klaviyo from './klaviyo.connector.js';

let standIn: StandIn;
const credentials = { privateKey: 'pk_0123456789abcdef' };
const settings = () => ({ config: { baseUrl: standIn.url }, credentials });
const own = { source: { id: 'src-1', dialect: 'klaviyo' } };

beforeEach(async () => {
  standIn = await startKlaviyo(credentials);
});
afterEach(() => standIn.close());

function items(request: number): readonly { readonly attributes: { readonly events: { readonly data: unknown[] } } }[] {
  const { data } = standIn.requests[request]?.json as {
    readonly data: {
      readonly attributes: { readonly 'events-bulk-create': { readonly data: ReturnType<typeof items> } };
    };
  };
  return data.attributes['events-bulk-create'].data;
}

/** Names one item, as a vendor may that does not look deeper. */
function faultAt(item: number) {
  const pointer = `/data/attributes/events-bulk-create/data/${item}`;
  const errors = [{ id: '1', status: 400, code: 'invalid', title: 'x', detail: 'no', source: { pointer } }];
  return { kind: 'answer', reply: { status: 400, body: { errors } } } as const;
}

describe('Klaviyo as a destination', () => {
  it('gets 1,000 events of 50 people as 50 items of one job', async () => {
    const events = Array.from({ length: 1_000 }, (_, n) => eventOf(n, { user_id: `u-${n % 50}` }));
    const { requests, delivered } = await deliver(klaviyo, settings(), events);
    expect([requests, delivered.length, standIn.taken.length]).toEqual([1, 1_000, 1_000]);
    expect(items(0).map(({ attributes }) => attributes.events.data.length)).toEqual(Array(50).fill(20));
  });

  it('keeps two equal events of one second two', async () => {
    const twin = { user_id: 'u-1', properties: {} };
    await deliver(klaviyo, settings(), [eventOf(0, twin), eventOf(1, twin)]);
    expect(standIn.taken.map(({ dedupKey }) => dedupKey)).toEqual([
      'evt_00000000000000000000',
      'evt_00000000000000000001',
    ]);
  });

  it('gets as many traits of a person as its own senders give', async () => {
    const properties = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`trait_${n}`, n]));
    const { delivered } = await deliver(klaviyo, settings(), [
      eventOf(0, { ...own, profile: { set: { properties } } }),
    ]);
    expect(delivered).toHaveLength(1);
  });

  it('never sends what Klaviyo is sure to refuse', async () => {
    const bad = { identity: { email: 'lee@' } };
    const { requests, delivered, rejected } = await deliver(klaviyo, settings(), batchWith(1_000, 617, bad));
    expect([requests, delivered.length]).toEqual([1, 999]);
    expect(rejected).toEqual(['evt_00000000000000000617: identity.email: Invalid email address']);
  });

  it('gets texts that are long in bytes only: it counts characters', async () => {
    const taken = { event: '🎉'.repeat(127), identity: { email: `lee@${'🎉'.repeat(245)}.test` } };
    const events = [
      eventOf(0, taken),
      eventOf(1, { ...taken, event: '🎉'.repeat(128) }),
      eventOf(2, { ...taken, identity: { email: `lee@${'🎉'.repeat(246)}.test` } }),
    ];
    const { requests, delivered, rejected } = await deliver(klaviyo, settings(), events);
    expect([requests, delivered]).toEqual([1, ['evt_00000000000000000000']]);
    expect(rejected).toEqual([
      'evt_00000000000000000001: event: must have 1 to 127 characters',
      'evt_00000000000000000002: identity.email: Invalid email address',
    ]);
  });

  it('drops the event that a pointer names, and delivers 999 with one extra request', async () => {
    // One level deeper than Klaviyo takes, by the stricter reading of its page.
    const properties = { a: { a: { a: { a: { a: { a: { a: { a: { a: { a: {} } } } } } } } } } };
    const events = batchWith(1_000, 617, { properties }).map((event, n) => ({ ...event, user_id: `u-${n % 9}` }));
    const { requests, delivered, rejected } = await deliver(klaviyo, settings(), events);
    expect([requests, delivered.length, standIn.taken.length]).toEqual([2, 999, 999]);
    expect(rejected).toEqual(['evt_00000000000000000617: attributes/properties: Nested deeper than 10 levels.']);
  });

  it('finds the culprit among an item’s events when its pointer ends at the item', async () => {
    const events = Array.from({ length: 20 }, (_, n) => eventOf(n, { user_id: `u-${n % 2}` }));
    // Ten events are suspected, then the first five of them, two; the first is taken, the second refused alone.
    standIn.prescribe(faultAt(1), faultAt(0), faultAt(0), { kind: 'behave' }, faultAt(0));
    const { delivered, rejected } = await deliver(klaviyo, settings(), events);
    expect(rejected).toEqual(['evt_00000000000000000003: no']);
    expect(delivered).toHaveLength(19);
    expect(standIn.taken).toHaveLength(19);
  });

  it('sends a repeated unique_id in a job of its own, where Klaviyo drops it', async () => {
    const repeat = { ...own, user_id: 'u-1', extras: { unique_id: 'o-1' } };
    const { requests, delivered, rejected } = await deliver(klaviyo, settings(), [
      eventOf(0, repeat),
      eventOf(1, repeat),
      eventOf(2),
    ]);
    expect([requests, delivered.length, rejected]).toEqual([2, 3, []]);
    expect([standIn.taken.length, standIn.repeated]).toEqual([2, 1]);
  });

  it('repeats a job whose answer was lost, and Klaviyo keeps its events once', async () => {
    standIn.prescribe({ kind: 'lose_answer' });
    const send = () => exchange(klaviyo, settings(), [eventOf(0), eventOf(1)], 'jobs', 'req_1');
    await expect(send()).rejects.toThrow();
    expect(await send()).toEqual({ kind: 'delivered' });
    expect([standIn.taken.length, standIn.repeated]).toEqual([2, 2]);
  });

  it('waits as long as Klaviyo asks, which says nothing else then', async () => {
    const send = (n: number) => exchange(klaviyo, settings(), [eventOf(n)], 'jobs', 'req_1');
    const answers = await Promise.all(Array.from({ length: 25 }, (_, n) => send(n)));
    expect(answers.filter(({ kind }) => kind === 'throttled')[0]).toEqual({
      kind: 'throttled',
      afterMs: expect.any(Number) as number,
    });
  });

  it('rests before the wall when Klaviyo says that nothing is left of the window', () => {
    const headers = { 'ratelimit-limit': '150', 'ratelimit-remaining': '0', 'ratelimit-reset': '37' };
    expect(klaviyo.restMs?.({ status: 202, headers, body: '' })).toBe(37_000);
    expect(
      klaviyo.restMs?.({ status: 202, headers: { ...headers, 'ratelimit-remaining': '1' }, body: '' }),
    ).toBeUndefined();
  });
});

describe('the limits inside properties', () => {
  it.each([
    [{ long: 'é'.repeat(51_201) }, 'properties/long: A string must not exceed 100 KB.'],
    [{ list: { of: Array(4_001).fill(0) } }, 'properties/list/of: An array must not have more than 4000 elements.'],
  ])('refuse with the place', (properties, detail) => {
    expect(klaviyo.place(eventOf(0, { properties }), settings())).toEqual({
      kind: 'rejected',
      refusal: { code: 'invalid', detail },
    });
  });

  it.each([{ long: 'é'.repeat(51_200) }, { list: { of: Array(4_000).fill(0) } }])(
    'take their very bounds',
    (properties) => {
      expect(klaviyo.place(eventOf(0, { properties }), settings())).toEqual({ kind: 'lane', lane: 'jobs' });
    },
  );
});
