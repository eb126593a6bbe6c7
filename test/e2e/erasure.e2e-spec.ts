import {
  admin,
  dumpRedis,
  flokitItem,
  idsAt,
  metricOf,
  openLine,
  startGateway,
  startRedis,
  until,
  type Admin,
  type Gateway,
  type Line,
  type TestRedis,
} from '../support/index.js';

interface Erasure {
  readonly id: string;
  readonly state: string;
  readonly erased: { readonly events: number; readonly deadLetters: number; readonly rejections: number };
}

const ADA = 'ada-of-the-erasure';

describe('a person who is to be forgotten', () => {
  let gateway: Gateway;
  let control: Admin;
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
    const secrets = { ADMIN_TOKEN: 'erasing-admin', ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
    gateway = await startGateway({ env: { REDIS_URL: redis.url, ...secrets } });
    control = admin(gateway);
  });

  const traced = async (id = ''): Promise<number> => (await control.ask('GET', `/events/${id}/trace`)).status;

  async function erase(body: object): Promise<Erasure> {
    const { status, headers, body: created } = await control.ask('POST', '/erasures', body);
    expect([status, created]).toMatchObject([201, { state: 'running' }]);
    const path = (headers.get('location') ?? '').replace('/admin/v1', '');
    const read = async (): Promise<Erasure> => (await control.ask('GET', path)).body as Erasure;
    await until(async () => (await read()).state === 'done', { timeoutMs: 30_000 });
    return read();
  }

  /** One of hers and one of somebody else's, in one request. */
  const both = async (line: Line): Promise<readonly string[]> =>
    line.sender.accepted([flokitItem('visit', { user_id: ADA }), flokitItem('visit', { user_id: 'bob' })]);

  it('is gone from what waits, what is tried again, history, dead letters and rejections; nobody else is', async () => {
    const retry = { minDelayMs: 400, maxDelayMs: 400 };
    const [settled, waiting, retried, refused] = await Promise.all([
      openLine(gateway),
      openLine(gateway, { paused: true }),
      openLine(gateway, { retry }),
      openLine(gateway),
    ]);
    retried.sink.replyWith(() => ({ status: 500 }));
    refused.sink.replyWith(() => ({ status: 422 }));
    const lines = [settled, waiting, retried, refused];
    const ids = await Promise.all(lines.map(both));
    await settled.sender.batch([{ ...flokitItem('', { user_id: ADA }) }]);
    await until(async () => (await refused.deadLetters()).length === 2);
    await until(() => retried.sink.requests.length > 0);
    await until(async () => (await settled.stats()).delivered === 2);

    expect((await erase({ userId: ADA })).erased).toEqual({ events: 4, deadLetters: 1, rejections: 1 });

    for (const [hers, others] of ids) expect([await traced(hers), await traced(others)]).toEqual([404, 200]);
    expect((await refused.deadLetters()).map(({ event }) => event.id)).toEqual([ids[3]?.[1]]);
    await waiting.admin.ask('POST', `/destinations/${waiting.destinationId}/resume`);
    retried.sink.replyWith(() => ({ status: 200 }));
    await until(async () => (await waiting.stats()).waiting + (await retried.stats()).waiting === 0);
    expect(idsAt(waiting.sink)).toEqual([ids[1]?.[1]]);
    expect(JSON.parse(retried.sink.requests.at(-1)?.body ?? '{}')).toMatchObject({ events: [{ id: ids[2]?.[1] }] });
    await until(async () => (await metricOf(gateway, 'gateway_queued_bytes')) === 0);

    const replay = { destinationId: settled.destinationId, from: 'history', dryRun: true };
    expect((await control.ask('POST', '/replays', replay)).body).toMatchObject({ matched: 1 });
    const stored = await dumpRedis(redis);
    expect(stored.filter((text) => text.includes(ADA))).toEqual([]);
    expect(gateway.output()).not.toContain(ADA);
  });

  it('is found by email in whatever field means one, and the audit log names neither', async () => {
    const line = await openLine(gateway);
    const email = 'Grace@Example.com';
    const [hers, others] = await line.sender.accepted([
      flokitItem('visit', { user_id: 'g', properties: { contact: { email_address: email } } }),
      flokitItem('visit', { user_id: 'g', properties: { note: email } }),
    ]);
    const { id, erased } = await erase({ email: 'grace@example.com' });
    expect(erased.events).toBe(1);
    expect([await traced(hers), await traced(others)]).toEqual([404, 200]);
    const { body } = await control.ask('GET', `/audit?target=erasure/${id}`);
    expect(body).toMatchObject({ data: [{ action: 'create', members: ['email'], outcome: 'done' }] });
    expect(JSON.stringify(body).toLowerCase()).not.toContain('grace@');
  });

  it.each([[{}], [{ userId: 'a', email: 'b' }], [{ userId: ' ' }], [{ userId: 7 }], [{ phone: '+491' }]])(
    'cannot be named by %j',
    async (body) => {
      expect((await control.ask('POST', '/erasures', body)).status).toBe(422);
    },
  );

  it('and an erasure that was never asked for is not found', async () => {
    expect((await control.ask('GET', '/erasures/ers_unknown')).status).toBe(404);
  });
});
