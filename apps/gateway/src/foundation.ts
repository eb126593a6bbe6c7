import { ConnectorRegistry } from '#destinations';
import { dialectConnectors, DialectRegistry } from '#dialects';
import {
  assessRedis,
  createLog,
  EmbeddedRedis,
  loadSecrets,
  Metrics,
  openTracing,
  Readiness,
  RedisConnections,
  type Environment,
  type Log,
  type RedisAddress,
  type Secrets,
  type Tracing,
} from '#platform';
import type { Shutdown } from './shutdown.js';
import { readProduct } from './welcome/product.js';

/** What exists before any module does, shared by all of them. */
export interface Foundation {
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly readiness: Readiness;
  readonly redis: RedisConnections;
  readonly dialects: DialectRegistry;
  readonly connectors: ConnectorRegistry;
}

const repeatMs = 10_000;
/** An own Redis that does not answer for so long stops the start. */
const REDIS_READY_MS = 30_000;

/** Every part that is opened goes on `shutdown`, so that a start that fails half way leaves nothing behind. */
export async function layFoundation(
  environment: Environment,
  log: Log,
  readiness: Readiness,
  shutdown: Shutdown,
): Promise<Foundation> {
  const dialects = await DialectRegistry.load();
  const connectors = await ConnectorRegistry.load(await dialectConnectors());
  const tracing = await openTracing(environment, readProduct().version);
  shutdown.push('tracing', () => tracing.close());
  const address = await redisAddress(environment, log, shutdown);
  const secrets = await loadSecrets(environment);
  const redis = new RedisConnections(
    address,
    sparingly(log.child({ component: 'redis' })),
    environment.redisMinReplicas,
  );
  shutdown.push('redis connections', () => Promise.resolve(redis.close()));
  await redis.ready(REDIS_READY_MS);
  redis.setPatience(REDIS_READY_MS);
  if (environment.redisUrl !== undefined) await assessOwnRedis(redis, readiness, log);
  return {
    environment,
    secrets,
    log,
    metrics: ownMetrics(environment),
    tracing,
    readiness,
    redis,
    dialects,
    connectors,
  };
}

function ownMetrics({ role }: Environment): Metrics {
  const metrics = new Metrics();
  const { version } = readProduct();
  metrics.gauge('gateway_info', 'Which program this is; always 1.', ['version', 'role'], (gauge) =>
    gauge.set({ version, role }, 1),
  );
  return metrics;
}

async function assessOwnRedis(redis: RedisConnections, readiness: Readiness, log: Log): Promise<void> {
  const { faults, caveats } = await assessRedis(redis.shared);
  if (faults.length > 0) throw new Error(faults.join('; '));
  for (const caveat of caveats) {
    readiness.addCaveat(caveat);
    log.warn({ component: 'redis' }, `Not guaranteed: ${caveat}`);
  }
}

export function openLog(environment: Environment, isTerminal: boolean): Log {
  return createLog({ level: environment.logLevel, pretty: isTerminal });
}

async function redisAddress(environment: Environment, log: Log, shutdown: Shutdown): Promise<RedisAddress> {
  const { redisUrl, dataDir, searchPath } = environment;
  if (redisUrl !== undefined) return { url: redisUrl };
  const embedded = await EmbeddedRedis.start({ dataDir, searchPath, log: log.child({ component: 'embedded-redis' }) });
  shutdown.push('embedded redis', () => embedded.stop());
  return { socketPath: embedded.socketPath };
}

/** Every client of a Redis that is gone reports each attempt to reconnect; one line per client and ten seconds will do. */
function sparingly(log: Log): (role: string, error: Error) => void {
  const saidAt = new Map<string, number>();
  return (role, error) => {
    const now = Date.now();
    if (now - (saidAt.get(role) ?? 0) < repeatMs) return;
    saidAt.set(role, now);
    log.warn({ role, error }, 'Redis connection failed');
  };
}
