import { admin, onEnd, report, startGateway, until, type Admin, type Gateway } from '../support/index.js';
import { startFlokit } from '../support/stand-ins/flokit.js';
import { startKlaviyo } from '../support/stand-ins/klaviyo.js';
import type { StandIn } from '../support/stand-ins/stand-in.js';
import { startVibefollow } from '../support/stand-ins/vibefollow.js';

const EVENTS = 1_000;
const POISONED = 617;
const time = (n: number): string => new Date(Date.UTC(2026, 4, 1) + n * 1_000).toISOString();

/** A batch of which one event is of a kind that only the vendor can tell. */
interface Poisoning {
  readonly type: string;
  start(): Promise<StandIn>;
  readonly credentials: Readonly<Record<string, string>>;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  item(n: number, isPoisoned: boolean): object;
  readonly detail: string;
  /** Beyond the one that carries the batch. */
  readonly extraRequests: number;
}

/** Eleven levels, one more than Klaviyo takes by the stricter reading of its page. */
const deep: object = Array.from({ length: 10 }).reduce<object>((inner) => ({ deeper: inner }), {});

const flokitItem = (name: string, poison: object) => (n: number, isPoisoned: boolean) => ({
  event: name,
  user_id: `u-${n % 90}`,
  timestamp: time(n),
  properties: { n, ...(isPoisoned ? poison : {}) },
});

const fromFlokit = { path: '/v1/batch/events', headers: { authorization: 'Bearer fk_rw_poison' } };

const poisonings: readonly Poisoning[] = [
  {
    type: 'flokit',
    start: () => startFlokit({ apiKey: 'fk_out' }),
    credentials: { apiKey: 'fk_out' },
    path: '/api/v1/events/bulk',
    headers: { authorization: 'Bearer sk_live_poison' },
    item: (n, isPoisoned) => ({
      external_user_id: `u-${n}`,
      name: isPoisoned ? 'subscription_started' : 'to_flokit',
      timestamp: time(n),
      properties: { n },
    }),
    detail: 'Missing required field: currency',
    extraRequests: 0,
  },
  {
    ...fromFlokit,
    type: 'vibefollow',
    start: () => startVibefollow({ apiKey: 'sk_out' }),
    credentials: { apiKey: 'sk_out' },
    item: flokitItem('to_vibefollow', { long: 'x'.repeat(1_100_000) }),
    detail: 'properties: at most 100 keys and 1 MB',
    extraRequests: 0,
  },
  {
    ...fromFlokit,
    type: 'klaviyo',
    start: () => startKlaviyo({ privateKey: 'pk_out' }),
    credentials: { privateKey: 'pk_out' },
    item: flokitItem('to_klaviyo', deep),
    detail: 'attributes/properties: Nested deeper than 10 levels.',
    extraRequests: 1,
  },
];

describe('one poisoned event among 1,000', () => {
  let gateway: Gateway;
  let control: Admin;

  beforeAll(async () => {
    gateway = await startGateway({ env: { LOG_LEVEL: 'error' } });
    control = admin(gateway);
    await control.createSource({ dialect: 'flokit', credentials: { apiKey: 'fk_rw_poison' } });
    await control.createSource({ dialect: 'vibefollow', credentials: { apiKey: 'sk_live_poison' } });
  });

  it.each(poisonings)('$type: 999 delivered, $extraRequests more requests', async (poisoning) => {
    const { type, credentials, path, headers, detail, extraRequests } = poisoning;
    const standIn = await poisoning.start();
    onEnd(() => standIn.close());
    const match = { events: [`to_${type}`, ...(type === 'flokit' ? ['subscription_started'] : [])] };
    await control.createDestination({ id: type, type, config: { baseUrl: standIn.url }, credentials, match });

    const events = Array.from({ length: EVENTS }, (_, n) => poisoning.item(n, n === POISONED));
    const answer = await fetch(gateway.baseUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ events }),
    });
    expect(answer.status).toBe(200);

    const letters = await until(
      async () => {
        const found = await control.deadLetters(type);
        return found.length > 0 && (await control.stats(type)).waiting === 0 ? found : undefined;
      },
      { timeoutMs: 20_000, what: `${type} to be through` },
    );
    report(`one bad event among ${EVENTS} for ${type}: ${standIn.requests.length} requests`);
    expect(letters.map(({ reason }) => reason.detail)).toEqual([detail]);
    expect(new Set(standIn.taken.map(({ properties }) => properties.n)).size).toBe(EVENTS - 1);
    expect(standIn.taken).toHaveLength(EVENTS - 1);
    expect(await control.stats(type)).toMatchObject({ delivered: EVENTS - 1, deadLettered: 1 });
    expect(standIn.requests).toHaveLength(1 + extraRequests);
  });

  it('two of our persons who are one to Klaviyo, with the same unique_id, cost nobody else anything', async () => {
    const standIn = await startKlaviyo({ privateKey: 'pk_out', knownAs: { 'm-41': 'lee@sample.test' } });
    onEnd(() => standIn.close());
    const privateKey = 'pk_in_poison';
    await control.createSource({ id: 'shop', dialect: 'klaviyo', credentials: { privateKey, companyId: 'POISON' } });
    await control.createDestination({
      id: 'repeats',
      type: 'klaviyo',
      config: { baseUrl: standIn.url },
      credentials: { privateKey: 'pk_out' },
      match: { sources: ['shop'] },
      retry: { minDelayMs: 100, maxDelayMs: 100, maxAttempts: 4 },
    });
    const placed = (attributes: object, unique_id: string): object => ({
      type: 'event-bulk-create',
      attributes: {
        profile: { data: { type: 'profile', attributes } },
        events: {
          data: [
            {
              type: 'event',
              attributes: {
                metric: { data: { type: 'metric', attributes: { name: 'Placed Order' } } },
                properties: {},
                unique_id,
              },
            },
          ],
        },
      },
    });
    const others = Array.from({ length: 20 }, (_, n) => placed({ email: `p-${n}@sample.test` }, `o-${n + 2}`));
    const items = [placed({ email: 'lee@sample.test' }, 'o-1'), placed({ external_id: 'm-41' }, 'o-1'), ...others];
    const answer = await fetch(`${gateway.baseUrl}/api/event-bulk-create-jobs`, {
      method: 'POST',
      headers: {
        authorization: `Klaviyo-API-Key ${privateKey}`,
        revision: '2026-07-15',
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data: items } } },
      }),
    });
    expect(answer.status).toBe(202);
    await until(async () => (await control.stats('repeats')).delivered === 22, { what: 'all to be through' });
    expect(standIn.taken.map(({ dedupKey }) => dedupKey).sort()).toEqual(
      Array.from({ length: 21 }, (_, n) => `o-${n + 1}`).sort(),
    );
    expect(standIn.requests).toHaveLength(3);
  });
});
