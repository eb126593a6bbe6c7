import {
  admin,
  dialectClients,
  freePort,
  startRedis,
  tempDir,
  until,
  type Admin,
  type TestRedis,
} from '../../support/index.js';
import { Instance } from './instance.js';
import type { Link } from './plan.js';
import { vendorReceivers, type Receiver } from './receivers.js';
import { SmallDisk } from './small-disk.js';
import { TcpProxy } from './tcp-proxy.js';
import { webhookReceivers } from './webhook-receivers.js';

const adminToken = 'token-of-the-operator';
/** So little that one destination's waiting is reason enough to repack. */
const MAX_QUEUED_BYTES = 1_048_576;
/** While less of the budget is used, nothing is repacked. */
export const REPACKED_FROM_BYTES = MAX_QUEUED_BYTES / 4;

/** An installation as people run it: Redis on its own, `api` and workers apart, seven destinations; every cable in our hands. */
export interface World {
  readonly redis: TestRedis;
  /** Where Redis writes to; undefined: on the machine's own, which nobody may fill. */
  readonly disk: SmallDisk | undefined;
  readonly redisCable: TcpProxy;
  readonly api: Instance;
  readonly workers: readonly Instance[];
  readonly apiUrl: string;
  readonly workerUrls: readonly string[];
  readonly receivers: readonly Receiver[];
  readonly admin: Admin;
  cable(link: Link): TcpProxy;
  /** Ends the gateway's processes for good, which would be started again otherwise. */
  retire(): Promise<void>;
}

export interface WorldSettings {
  readonly workers: number;
  /** Of every process of the gateway. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function createWorld({ workers: workerCount, env = {} }: WorldSettings): Promise<World> {
  const disk = await SmallDisk.mount();
  const redis = await startRedis({}, disk);
  const redisCable = await TcpProxy.start(redis.port);
  const receivers = [...(await webhookReceivers()), ...(await vendorReceivers())];
  const shared = {
    REDIS_URL: `redis://127.0.0.1:${redisCable.port}`,
    ADMIN_TOKEN: adminToken,
    ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
    LOG_LEVEL: 'warn',
    MAX_QUEUED_BYTES: String(MAX_QUEUED_BYTES),
    REPACK_MIN_AGE_SECONDS: '0',
    ...env,
  };
  const [api, ...workers] = await Promise.all([
    instance('api', shared),
    ...Array.from({ length: workerCount }, () => instance('worker', shared)),
  ]);
  const apiUrl = api.current.baseUrl;
  const control = admin({ baseUrl: apiUrl, adminToken });
  await configure(control, receivers);
  const cables = new Map<Link, TcpProxy>(receivers.map(({ name, cable }) => [name, cable]));
  cables.set('redis', redisCable);
  return {
    redis,
    disk,
    redisCable,
    api,
    workers,
    apiUrl,
    workerUrls: workers.map(({ current }) => current.baseUrl),
    receivers,
    admin: control,
    cable: (link) => cables.get(link) ?? redisCable,
    retire: async () => void (await Promise.all([api, ...workers].map((each) => each.retire()))),
  };
}

async function instance(role: 'api' | 'worker', env: Readonly<Record<string, string>>): Promise<Instance> {
  const created = new Instance({ env: { ...env, ROLE: role }, port: await freePort(), dataDir: await tempDir() });
  await created.start(true);
  return created;
}

async function configure(control: Admin, receivers: readonly Receiver[]): Promise<void> {
  for (const { dialect, credentials } of dialectClients) await control.createSource({ dialect, credentials });
  for (const { name, type, config, credentials, settings } of receivers) {
    await control.createDestination({
      id: name,
      type,
      config,
      credentials,
      rateLimit: null,
      batch: { maxEvents: 200, maxWaitMs: 20 },
      retry: { maxAttempts: 1_000, maxAgeSeconds: 86_400, minDelayMs: 20, maxDelayMs: 300 },
      timeoutMs: 700,
      ...settings,
    });
  }
  // Sources and destinations reach every process within a second.
  await until(async () => (await control.ask('GET', '/destinations')).status === 200);
}
