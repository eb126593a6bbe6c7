import { Cluster, Command, type ClusterOptions, type Redis } from 'ioredis';
import { QueueCluster, QueueRedis } from './queue-redis.js';
import { parseRedisUrl, type RedisTarget } from './redis-url.js';
import { SteadyRedis, type SteadyOptions } from './steady-redis.js';

export type RedisClient = Redis | Cluster;

/** A unix socket of the embedded server, or the `REDIS_URL` of an own one. */
export type RedisAddress = { readonly socketPath: string } | { readonly url: string };

export interface RedisFaultListener {
  (role: string, error: Error): void;
}

export interface RedisMemory {
  /** What the server may use, over all masters of a cluster; 0: no bound on at least one. */
  readonly boundBytes: number;
  /** How full the fullest master is, 1 being its `maxmemory`, above which it refuses every write; 0: none has a bound. */
  readonly fill: number;
}

/** Time after which a command counts as failed on the clients that must not wait, in milliseconds. */
const FAIL_FAST_MS = 1_500;

/**
 * A connection from which nothing came for so long although an answer is due is given up for a new one: its other end may be
 * gone without a word, which the kernel itself finds out only after a quarter of an hour. A Redis that is merely busy for some
 * seconds keeps its connections.
 */
const SILENT_MS = 10_000;

/** How long replicas may take to have a write, in milliseconds. */
const REPLICAS_MS = 1_000;

/** How soon a client of a cluster notices at the latest that a replica has taken over. */
const SLOTS_REFRESH_MS = 1_000;

/**
 * Every connection of this process to Redis, by what a wait would mean:
 * `ingest` fails fast and never resends (a refused request must not be written later), `shared` fails fast for
 * everything else, `forQueues` waits for ever as BullMQ demands, if on one connection after another.
 */
export class RedisConnections {
  readonly ingest: RedisClient;
  readonly shared: RedisClient;
  private readonly opened: RedisClient[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private queueClient: RedisClient | undefined;
  private subscriber: RedisClient | undefined;
  private readonly listeners = new Map<string, Set<(message: string) => void>>();

  constructor(
    private readonly address: RedisAddress,
    private readonly onFault: RedisFaultListener = () => undefined,
    private readonly minReplicas = 0,
  ) {
    const failFast = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, commandTimeout: FAIL_FAST_MS };
    this.ingest = this.open('ingest', { ...failFast, maxRetriesPerRequest: 0 });
    this.shared = this.open('shared', { ...failFast, maxRetriesPerRequest: 1 });
  }

  get isCluster(): boolean {
    return this.shared instanceof Cluster;
  }

  /** One client for all queues; BullMQ duplicates it for blocking reads. */
  forQueues(): RedisClient {
    this.queueClient ??= this.open('queues', { maxRetriesPerRequest: null }, QueueRedis);
    return this.queueClient;
  }

  /** Resolves when both fail-fast clients can take commands; rejects after `timeoutMs`. */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        await Promise.all([this.ingest.ping(), this.shared.ping()]);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /**
   * How long commands on `shared` wait for an answer (ms); without a number, as short as usual. Nobody waits for a process
   * that starts, and a server that is silent for a moment need not end it.
   */
  setPatience(ms = FAIL_FAST_MS): void {
    const { shared } = this;
    for (const { options } of shared instanceof Cluster ? shared.nodes() : [shared]) {
      options.commandTimeout = ms;
      // Its connection must not go while somebody is still prepared to wait for what comes on it.
      options.socketTimeout = Math.max(SILENT_MS, ms);
    }
  }

  /** Messages may be missed while the connection is down: a listener must also look by itself now and then. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const subscriber = this.subscriberClient();
    const known = this.listeners.get(channel);
    if (known) known.add(listener);
    else {
      this.listeners.set(channel, new Set([listener]));
      await subscriber.subscribe(channel);
    }
    return async () => {
      const listeners = this.listeners.get(channel);
      listeners?.delete(listener);
      if (listeners?.size !== 0) return;
      this.listeners.delete(channel);
      await subscriber.unsubscribe(channel).catch(() => undefined);
    };
  }

  /**
   * Resolves when as many replicas as asked for have everything that was written before by this client to the key's
   * master; rejects when they do not in time. At once where none are asked for.
   */
  async replicated(client: RedisClient, key: string): Promise<void> {
    if (this.minReplicas === 0) return;
    const replicas = await waitFor(client, key, this.minReplicas);
    if (replicas >= this.minReplicas) return;
    throw new Error(`${replicas} replicas have the write, REDIS_MIN_REPLICAS is ${this.minReplicas}`);
  }

  /** At this moment: an operator may change `maxmemory` while the gateway runs. */
  async memory(): Promise<RedisMemory> {
    const masters = await this.memoryOfMasters();
    const bounds = masters.map(({ boundBytes }) => boundBytes);
    return {
      boundBytes: bounds.includes(0) ? 0 : bounds.reduce((sum, bytes) => sum + bytes, 0),
      fill: Math.max(0, ...masters.map(({ usedBytes, boundBytes }) => (boundBytes === 0 ? 0 : usedBytes / boundBytes))),
    };
  }

  /**
   * Has the embedded server write its append-only file anew, without what was deleted; it goes on in the background. An own
   * server is its operator's. False if it was not asked, or would not.
   */
  async rewriteAppendOnlyFile(): Promise<boolean> {
    if (!('socketPath' in this.address) || this.shared instanceof Cluster) return false;
    return this.shared.bgrewriteaof().then(
      () => true,
      () => false,
    );
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const client of this.opened) client.disconnect();
  }

  private async memoryOfMasters(): Promise<readonly { readonly usedBytes: number; readonly boundBytes: number }[]> {
    const { shared } = this;
    const nodes = shared instanceof Cluster ? shared.nodes('master') : [shared];
    const texts = await Promise.all(nodes.map((node) => node.info('memory')));
    return texts.map((text) => {
      const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
      // As Redis itself compares them: its buffers for disk and replicas do not count.
      const usedBytes = field('used_memory') - field('mem_not_counted_for_evict');
      return { usedBytes, boundBytes: field('maxmemory') };
    });
  }

  private subscriberClient(): RedisClient {
    if (this.subscriber) return this.subscriber;
    const subscriber = this.open('subscriber', { maxRetriesPerRequest: null });
    subscriber.on('message', (channel: string, message: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener(message);
    });
    const timer = setInterval(() => this.probe(subscriber), SILENT_MS).unref();
    this.timers.push(timer);
    this.subscriber = subscriber;
    return subscriber;
  }

  /** Nothing is ever due on a connection that only listens, so its end would not show. Subscribing again is answered. */
  private probe(subscriber: RedisClient): void {
    if (subscriber.status !== 'ready') return;
    for (const channel of this.listeners.keys()) subscriber.subscribe(channel).catch(() => undefined);
  }

  /** Who took over is found by looking, not by sending again what was under way when a master went. */
  private followMasters(cluster: Cluster): void {
    // Not ioredis' own `slotsRefreshInterval`: a look under way at a disconnect would start it anew, for ever.
    const timer = setInterval(() => cluster.refreshSlotsCache(), SLOTS_REFRESH_MS).unref();
    this.timers.push(timer);
  }

  private open(role: string, options: SteadyOptions, Client = SteadyRedis): RedisClient {
    const common = {
      connectionName: `gateway-${role}`,
      disableClientInfo: true,
      retryStrategy: retryDelayMs,
      socketTimeout: SILENT_MS,
    };
    const client = createClient(this.address, { ...options, ...common }, Client);
    client.on('error', (error: Error) => this.onFault(role, error));
    this.opened.push(client);
    if (client instanceof Cluster) this.followMasters(client);
    return client;
  }
}

async function waitFor(client: RedisClient, key: string, replicas: number): Promise<number> {
  if (!(client instanceof Cluster)) return client.wait(replicas, REPLICAS_MS);
  const command = new Command('wait', [String(replicas), String(REPLICAS_MS)]);
  // On the same connection as the writes before it: WAIT names no key by which its node could be found.
  const slot = new Command('get', [key]).getSlot();
  return Number(await client.sendCommand(command, undefined, { slot }));
}

function createClient(address: RedisAddress, options: SteadyOptions, Client: typeof SteadyRedis): RedisClient {
  if ('socketPath' in address) return new Client({ ...options, path: address.socketPath });
  const target = parseRedisUrl(address.url);
  switch (target?.kind) {
    case 'single':
      return new Client(target.url, { ...options, reconnectOnError: isDemoted });
    case 'sentinel':
      return new Client({ ...options, ...sentinelOptions(target), reconnectOnError: isDemoted });
    case 'cluster':
      return clusterClient(target.urls, options, Client);
    case undefined:
      throw new Error('REDIS_URL is not valid');
  }
}

/** A master that became a replica keeps its connections and refuses writes: the next connection finds the new master. */
const isDemoted = (error: Error): boolean => error.message.startsWith('READONLY');

function sentinelOptions(target: Extract<RedisTarget, { kind: 'sentinel' }>): SteadyOptions {
  const { sentinels, master, username, password, db, tls } = target;
  return {
    sentinels: [...sentinels],
    name: master,
    db,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(tls ? { tls: {}, enableTLSForSentinelMode: true } : {}),
    sentinelRetryStrategy: retryDelayMs,
    // One that is silent must not be what a new connection waits for: the next one is asked.
    sentinelCommandTimeout: FAIL_FAST_MS,
    failoverDetector: true,
  };
}

function clusterClient(urls: readonly string[], options: SteadyOptions, Client: typeof SteadyRedis): Cluster {
  const [first = ''] = urls;
  const { enableOfflineQueue = true, ...redisOptions } = options;
  const mustNotRepeat = options.autoResendUnfulfilledCommands === false;
  const clusterOptions: ClusterOptions & { redisOptions: { replyMapping?: 'legacy' } } = {
    redisOptions: { ...redisOptions, ...credentialsOf(first) },
    enableOfflineQueue,
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshTimeout: FAIL_FAST_MS,
    ...(mustNotRepeat ? { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 } : {}),
    ...(first.startsWith('rediss:') ? { dnsLookup: (host, done) => done(null, host) } : {}),
  };
  return Client === QueueRedis ? new QueueCluster([...urls], clusterOptions) : new Cluster([...urls], clusterOptions);
}

const retryDelayMs = (times: number): number => Math.min(times * 50, 1_000);

function credentialsOf(url: string): SteadyOptions {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
