import {
  admin,
  flokitItems,
  flokitSender,
  inParallel,
  metricOf,
  report,
  send,
  startCountingSinks,
  startGateway,
  startRedisCluster,
  until,
  type Admin,
  type CountingSinks,
  type FlokitSender,
  type Gateway,
  type TestCluster,
} from '../support/index.js';

/** 200,000 for the figures of docs/guarantees.md. */
const EVENTS = Number(process.env.CLUSTER_EVENTS ?? 4_000);
const EVENTS_PER_REQUEST = 100;
const DESTINATIONS = Array.from({ length: 8 }, (_, n) => `d${n}`);
const SOURCES = Array.from({ length: 4 }, (_, n) => `s${n}`);

/** Two api and two worker processes on a cluster, eight destinations that want everything. */
interface Fleet {
  readonly cluster: TestCluster;
  readonly control: Admin;
  readonly sinks: CountingSinks;
  /** One for each source at each api. */
  readonly senders: readonly FlokitSender[];
  readonly gateways: readonly Gateway[];
}

async function startFleet(replicas: boolean, env: Readonly<Record<string, string>> = {}): Promise<Fleet> {
  const cluster = await startRedisCluster({ replicas });
  const start = (role: string): Promise<Gateway> =>
    startGateway({
      env: {
        ROLE: role,
        LOG_LEVEL: 'error',
        REDIS_URL: cluster.url,
        ADMIN_TOKEN: 'token-of-the-operator',
        ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
        ...env,
      },
    });
  const [first, second, ...workers] = await Promise.all([start('api'), start('api'), start('worker'), start('worker')]);
  const control = admin(first);
  const sinks = await startCountingSinks();
  for (const id of DESTINATIONS) {
    await control.createDestination({ id, name: id, config: { url: sinks.urlOf(id) }, retry: { maxDelayMs: 1_000 } });
  }
  for (const id of SOURCES) await control.createSource({ id, name: id, credentials: { apiKey: `fk_${id}` } });
  const apis = [first, second];
  const senders = apis.flatMap(({ port }) => SOURCES.map((id) => flokitSender(port, `fk_${id}`)));
  await Promise.all(
    senders.map((sender) => until(async () => (await sender.batch(flokitItems('warm', 1))).status === 200)),
  );
  return { cluster, control, sinks, senders, gateways: [...apis, ...workers] };
}

const missing = ({ sinks }: Fleet, ids: readonly string[], destination: string): readonly string[] => {
  const arrived = sinks.idsOf(destination);
  return ids.filter((id) => !arrived.has(id));
};

const isIdle = async ({ control, gateways }: Fleet): Promise<boolean> => {
  const [api] = gateways;
  if (!api || (await metricOf(api, 'gateway_unrouted_segments')) > 0) return false;
  const stats = await Promise.all(DESTINATIONS.map((id) => control.stats(id)));
  return stats.every(({ waiting }) => waiting === 0);
};

/** The share of the requests that each request of the run belongs to, by sender. */
const rounds = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

describe('a cluster of three masters', () => {
  it(`takes ${EVENTS} events through two apis and gives each to eight destinations, none lost`, async () => {
    const fleet = await startFleet(false);
    const ids: string[] = [];
    const startedAt = Date.now();
    await inParallel(rounds(EVENTS / EVENTS_PER_REQUEST), 8, async (n) => {
      const sender = fleet.senders[n % fleet.senders.length];
      ids.push(...((await sender?.accepted(flokitItems('counted', EVENTS_PER_REQUEST))) ?? []));
    });
    const acceptedMs = Date.now() - startedAt;
    expect(new Set(ids).size).toBe(EVENTS);
    const isComplete = (): boolean => DESTINATIONS.every((id) => fleet.sinks.idsOf(id).size >= EVENTS);
    await until(isComplete, { timeoutMs: 60_000 + EVENTS, what: 'all events to arrive everywhere' });
    await until(() => isIdle(fleet), { timeoutMs: 30_000, what: 'nothing to wait' });
    expect(DESTINATIONS.flatMap((id) => missing(fleet, ids, id))).toEqual([]);
    const { arrivals } = fleet.sinks;
    report(
      `${EVENTS} events accepted in ${acceptedMs} ms, ${arrivals()} deliveries after ${Date.now() - startedAt} ms, 0 lost`,
    );
  }, 600_000);
});

describe('a master that dies, with a replica behind it', () => {
  it.each([
    ['', {}],
    [' and REDIS_MIN_REPLICAS=1: nothing that was acknowledged is lost', { REDIS_MIN_REPLICAS: '1' }],
  ])(
    'is replaced, and the gateway goes on by itself%s',
    async (_, env) => {
      const fleet = await startFleet(true, env);
      const ids: string[] = [];
      let refused = 0;
      let lastRefusalAt = 0;
      let sending = true;
      const work = Promise.all(
        fleet.senders.map(async (sender) => {
          while (sending) {
            const answer = await sender.batch(flokitItems('counted', 20)).catch(() => undefined);
            if (answer?.status === 200) ids.push(...(JSON.parse(answer.text) as { event_ids: string[] }).event_ids);
            else {
              refused += 1;
              lastRefusalAt = Date.now();
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          }
        }),
      );
      await until(() => ids.length > EVENTS / 2, { timeoutMs: 120_000, what: 'half of the events to be accepted' });
      const killedAt = Date.now();
      await fleet.cluster.nodes[0]?.kill();
      const successor = fleet.cluster.replicas[0]?.socketPath ?? '';
      await until(async () => (await send(successor, 'ROLE')).includes('master'), {
        timeoutMs: 30_000,
        what: 'the replica to take over',
      });
      const takenOverMs = Date.now() - killedAt;
      // It comes back as a replica; without one, nothing may be acknowledged where one is asked for.
      if ('REDIS_MIN_REPLICAS' in env) await fleet.cluster.nodes[0]?.start();
      const before = ids.length;
      await until(() => ids.length > before + EVENTS / 2 && Date.now() - lastRefusalAt > 1_000, {
        timeoutMs: 120_000,
        what: 'events to be accepted without refusals again',
      });
      sending = false;
      await work;
      await until(() => isIdle(fleet), { timeoutMs: 90_000, what: 'nothing to wait' });
      const lost = DESTINATIONS.map((id) => missing(fleet, ids, id).length);
      report(
        `${ids.length} events acknowledged; the replica took over after ${takenOverMs} ms; ${refused} requests refused, ` +
          `the last ${lastRefusalAt - killedAt} ms after the kill; lost per destination: ${lost.join(' ')}`,
      );
      for (const { baseUrl } of fleet.gateways) expect((await fetch(`${baseUrl}/health/ready`)).status).toBe(200);
      if ('REDIS_MIN_REPLICAS' in env) expect(lost).toEqual(DESTINATIONS.map(() => 0));
    },
    600_000,
  );
});
