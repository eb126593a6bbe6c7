import { setTimeout as delay } from 'node:timers/promises';
import {
  eventsOf,
  flokitItem,
  openLine,
  report,
  startGateway,
  startRedis,
  until,
  type FlokitItem,
  type Gateway,
  type Line,
  type SinkReply,
  type SinkRequest,
  type TestRedis,
} from '../support/index.js';

/** ORDER_USERS=500 ORDER_EVENTS=100 is the full run. */
const users = Number(process.env.ORDER_USERS ?? 40);
const eventsOfEach = Number(process.env.ORDER_EVENTS ?? 8);
/** Waiting events whose delivery is timed. */
const backlog = Number(process.env.ORDER_BACKLOG ?? 5_000);
const retry = { minDelayMs: 5, maxDelayMs: 100 };

/** What the sink answers to the tries of one event, the last answer settling it. Most are taken at once. */
const lists: readonly (readonly number[])[] = [
  ...Array.from({ length: 12 }, () => [200]),
  [500, 200],
  [503, 500, 200],
  [500, 500, 200],
  [500, 422],
];

const answersFor = (user: number, n: number): readonly number[] => lists[(user * 31 + n * 17) % lists.length] ?? [200];

/** Half of them known by the id of a user, half by the id of a visitor. */
const item = (user: number, n: number): FlokitItem => ({
  ...flokitItem('ordered', { properties: { user, n } }),
  ...(user % 2 === 0 ? { user_id: `user-${user}` } : { user_id: undefined, anonymous_id: `visitor-${user}` }),
});

/** A destination that answers each event by its list, and watches that none comes before its predecessor is settled. */
class Watch {
  readonly faults: string[] = [];
  requests = 0;
  private readonly tries = new Map<string, number>();
  private readonly settled = new Map<number, number>();
  private readonly latest = new Map<number, number>();

  answer(request: SinkRequest): SinkReply {
    this.requests += 1;
    const members = eventsOf(request).map(({ properties }) => ({
      user: Number(properties.user),
      n: Number(properties.n),
    }));
    for (const member of members) this.check(member.user, member.n);
    const answers = members.map(({ user, n }) => answersFor(user, n)[this.tries.get(`${user}/${n}`) ?? 0] ?? 200);
    const failing = answers.find((status) => status >= 500) ?? answers.find((status) => status !== 200);
    members.forEach(({ user, n }, i) => {
      const name = `${user}/${n}`;
      if ((answers[i] ?? 200) >= 500) this.tries.set(name, (this.tries.get(name) ?? 0) + 1);
      // One that is refused may be found by sending the others.
      const isRefused = failing === 422 && answers[i] === 422;
      if (failing === undefined || isRefused) this.settled.set(user, n);
    });
    return { status: failing ?? 200 };
  }

  /** Users of whom the last event has been settled. */
  get through(): number {
    return [...this.settled.values()].filter((n) => n === eventsOfEach - 1).length;
  }

  private check(user: number, n: number): void {
    const latest = this.latest.get(user) ?? -1;
    if (n < latest || n > latest + 1) this.faults.push(`user ${user}: ${n} after ${latest}`);
    if (n > latest && n > 0 && this.settled.get(user) !== n - 1) this.faults.push(`user ${user}: ${n} before ${n - 1}`);
    this.latest.set(user, Math.max(n, latest));
  }
}

describe("a destination that keeps users' order", () => {
  let redis: TestRedis;
  let api: Gateway;
  let workers: Gateway[];

  const start = (role: string): Promise<Gateway> =>
    startGateway({
      env: {
        ROLE: role,
        LOG_LEVEL: 'error',
        REDIS_URL: redis.url,
        ADMIN_TOKEN: 'token-of-the-operator',
        ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
      },
    });

  beforeAll(async () => {
    redis = await startRedis();
    [api, ...workers] = await Promise.all([start('api'), start('worker'), start('worker')]);
  });

  const open = (maxEvents: number, concurrency: number): Promise<Line> =>
    openLine(api, { ordering: 'per_user', batch: { maxEvents, maxWaitMs: 10 }, concurrency, retry });

  it(
    `has ${users * eventsOfEach} events of ${users} users in order, whatever it answers, and though a worker is killed`,
    async () => {
      const watches = [new Watch(), new Watch()] as const;
      const opened = [await open(1, 20), await open(10, 4)] as const;
      opened.forEach(({ sink }, i) => sink.replyWith((request) => watches[i === 0 ? 0 : 1].answer(request)));
      const startedAt = Date.now();
      const sending = Promise.all(opened.map((line) => sendAll(line)));
      await until(() => watches.every(({ through, requests }) => requests > users && through >= 0));
      await workers[0]?.kill();
      await sending;
      workers.push(await start('worker'));
      const isThrough = async (): Promise<boolean> =>
        (await Promise.all(opened.map((line) => line.stats()))).every(({ waiting }) => waiting === 0);
      await until(isThrough, { timeoutMs: 60_000 + users * eventsOfEach * 20, what: 'everything to be settled' });
      const seconds = (Date.now() - startedAt) / 1_000;
      const refused = countRefused();
      for (const [i, line] of opened.entries()) {
        const { faults, through, requests } = watches[i === 0 ? 0 : 1];
        report(
          `${users * eventsOfEach} events, ${requests} requests, ${faults.length} out of order, ${seconds.toFixed(1)} s`,
        );
        expect(faults).toEqual([]);
        expect(through).toBe(users);
        expect(await line.stats()).toMatchObject({
          delivered: users * eventsOfEach - refused,
          deadLettered: refused,
          retrying: 0,
        });
      }
    },
    120_000 + users * eventsOfEach * 25,
  );

  it('is not held up by users in retry, more of them than it has places', async () => {
    const line = await openLine(api, {
      ordering: 'per_user',
      // Who shares a request shares its fate: here nobody does.
      batch: { maxEvents: 1, maxWaitMs: 10 },
      concurrency: 2,
      retry: { minDelayMs: 4_000, maxDelayMs: 8_000, maxAttempts: 1_000 },
    });
    const isStuck = (request: SinkRequest): boolean => eventsOf(request).some(({ event }) => event === 'stuck');
    line.sink.replyWith((request) => ({ status: isStuck(request) ? 500 : 200 }));
    const before = await latencies(line, 40);
    for (let user = 0; user < 12; user += 1) {
      await line.sender.accepted([flokitItem('stuck', { user_id: `stuck-${user}` })]);
      await until(() => line.sink.requests.filter(isStuck).length > user, { what: 'another user to be stuck' });
      await latencies(line, 2);
    }
    const during = await latencies(line, 40);
    report(
      `ms to arrive, 12 users stuck: ${during.median} (slowest ${during.slowest}); none: ${before.median} (${before.slowest})`,
    );
    await until(async () => (await line.stats()).waiting === 12, { what: 'all but the stuck to be settled' });
    expect(during.median).toBeLessThan(before.median + 100);
  });

  it('takes a backlog at a rate of the same kind as without order', async () => {
    const plain = await drained(api, 'none', backlog);
    const inOrder = await drained(api, 'per_user', backlog);
    report(`${backlog} waiting events of 500 users, events/s: ${inOrder} in order, ${plain} without`);
    expect(inOrder).toBeGreaterThan(plain / 20);
  }, 300_000);
});

/** Events a second that a destination takes from a backlog, many of them of each of the users. */
async function drained(gateway: Gateway, ordering: string, count: number): Promise<number> {
  const line = await openLine(gateway, { ordering, batch: { maxEvents: 500, maxWaitMs: 20 }, concurrency: 4 });
  await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
  for (let sent = 0; sent < count; sent += 500) {
    await line.sender.accepted(Array.from({ length: 500 }, (_, user) => item(user, sent / 500)));
  }
  await until(async () => (await line.stats()).waiting === count, { timeoutMs: 60_000, what: 'the backlog' });
  const startedAt = Date.now();
  await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
  await until(async () => (await line.stats()).delivered === count, {
    timeoutMs: 120_000,
    what: 'all to be delivered',
  });
  return Math.round((count * 1_000) / (Date.now() - startedAt));
}

/** A request a round with the n-th event of everybody. */
async function sendAll(line: Line): Promise<void> {
  for (let n = 0; n < eventsOfEach; n += 1) {
    await line.sender.accepted(Array.from({ length: users }, (_, user) => item(user, n)));
    await delay(5);
  }
}

function countRefused(): number {
  let refused = 0;
  for (let user = 0; user < users; user += 1) {
    for (let n = 0; n < eventsOfEach; n += 1) if (answersFor(user, n).includes(422)) refused += 1;
  }
  return refused;
}

/** Of single events of users of their own, from the answer to the arrival, in milliseconds. */
async function latencies(line: Line, count: number): Promise<{ readonly median: number; readonly slowest: number }> {
  const took: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const [id = ''] = await line.sender.accepted([flokitItem('quick', { user_id: `quick-${i % 5}` })]);
    const acceptedAt = Date.now();
    const arrived = await until(() => line.sink.requests.find(({ body }) => body.includes(id)), { what: 'the event' });
    took.push(arrived.at - acceptedAt);
  }
  took.sort((a, b) => a - b);
  return { median: took[Math.floor(count / 2)] ?? 0, slowest: took[count - 1] ?? 0 };
}
