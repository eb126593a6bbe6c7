import { Configuration, DeletedDestinations, type Destination } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import type { CanonicalEvent } from '#canonical';
import { AddressPolicy, createLog, Metrics, NO_TRACING, OutgoingHttp, type RedisAddress } from '#platform';
import { connectRedis } from './redis-connections.js';
import { onEnd } from './resources.js';
import type { Sink } from './sink.js';
import { until } from './until.js';
import { DeliveryEngine } from '../../libs/pipeline/src/delivery/delivery-engine.js';
import { DeliveryMetrics } from '../../libs/pipeline/src/metrics/delivery-metrics.js';
import { DestinationOperations } from '../../libs/pipeline/src/delivery/destination-operations.js';
import { Leftovers } from '../../libs/pipeline/src/delivery/leftovers.js';
import { HistoryKeeper } from '../../libs/pipeline/src/history/history-keeper.js';
import type { IntakeResult } from '../../libs/pipeline/src/intake/append-request.js';
import { IntakeService } from '../../libs/pipeline/src/intake/intake.service.js';
import { QueuedBudget } from '../../libs/pipeline/src/intake/queued-budget.js';
import { ReplayRunner } from '../../libs/pipeline/src/replay/replay-runner.js';
import { ReplaySelection } from '../../libs/pipeline/src/replay/replay-selection.js';
import { ReplayStore } from '../../libs/pipeline/src/replay/replay.store.js';
import { ReplaysService } from '../../libs/pipeline/src/replay/replays.service.js';
import { RouteWakeup } from '../../libs/pipeline/src/route-wakeup.js';
import { RedisPulse } from '../../libs/pipeline/src/redis-pulse.js';
import { Ledger } from '../../libs/pipeline/src/routing/ledger.js';
import { EventDecoder, type DecodableRequest } from '../../libs/pipeline/src/segment/event-decoder.js';
import { SegmentStore } from '../../libs/pipeline/src/segment/segment-store.js';

/** A dialect of the tests' own: the body is a JSON list of event names, each with its user after a slash if it says one. */
export class NamesDecoder extends EventDecoder {
  decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    const names = JSON.parse(request.body.toString()) as string[];
    const at = new Date(request.receivedAt).toISOString();
    return names.map((name, index): CanonicalEvent => {
      const [event = '', user = 'u-1'] = name.split('/');
      return {
        id: request.idAt(index),
        type: 'track',
        event,
        user_id: user === '' ? null : user,
        anonymous_id: null,
        timestamp: at,
        received_at: at,
        properties: {},
        source: { id: request.sourceId, dialect: request.dialect },
      };
    });
  }

  itemAt({ body }: Pick<DecodableRequest, 'body'>, index: number): unknown {
    return (JSON.parse(body.toString()) as string[])[index];
  }
}

class TestConfiguration extends Configuration {
  loaded = true;
  readonly sources = new Map();
  destinations = new Map<string, Destination>();
  unreadableDestinations: ReadonlySet<string> = new Set();
  private readonly listeners = new Set<() => void>();
  source(): undefined {
    return undefined;
  }
  refresh(): Promise<void> {
    return Promise.resolve();
  }
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  put(destination: Destination): void {
    this.destinations = new Map([...this.destinations, [destination.id, destination]]);
    for (const listener of this.listeners) listener();
  }
}

export const webhook = (id: string, sink: Sink, more: Partial<Destination> = {}): Destination => ({
  id,
  name: id,
  type: 'webhook',
  config: { url: `${sink.url}/${id}` },
  credentials: { signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  match: {},
  transform: {},
  batch: { maxEvents: 1_000, maxBytes: 4_000_000, maxWaitMs: 50 },
  rateLimit: [],
  retry: { maxAttempts: 20, maxAgeSeconds: 3_600, minDelayMs: 10, maxDelayMs: 200 },
  timeoutMs: 5_000,
  concurrency: 2,
  ordering: 'none',
  maxQueuedBytes: null,
  paused: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...more,
});

export async function buildPipeline(address: RedisAddress, decoder: EventDecoder = new NamesDecoder()) {
  const redis = await connectRedis(address);
  const log = createLog({ level: 'error', pretty: false });
  const pulse = new RedisPulse(redis, 'spec');
  await pulse.start();
  const budget = new QueuedBudget(redis, 1e9);
  await budget.start();
  const configuration = new TestConfiguration();
  const http = new OutgoingHttp(new AddressPolicy(['127.0.0.0/8']));
  const ledger = new Ledger(redis, (shard, bytes) => budget.report(shard, bytes));
  const segments = new SegmentStore(redis, decoder);
  const engine = new DeliveryEngine({
    redis,
    configuration,
    connectors: await ConnectorRegistry.load(),
    segments,
    ledger,
    keepers: [new HistoryKeeper(redis, { maxBytes: 1e8, maxAgeSeconds: 3_600 })],
    pulse,
    http,
    metrics: new DeliveryMetrics(new Metrics(), log),
    tracing: NO_TRACING,
    deadLetterMaxAgeSeconds: 3_600,
    log,
  });
  const intake = new IntakeService(redis, pulse, budget, (shard) => engine.wake(shard));
  const operations = new DestinationOperations(redis, configuration, engine.queues, ledger);
  const leftovers = new Leftovers(configuration, new DeletedDestinations(redis), operations, log);
  const wakeup = new RouteWakeup(redis);
  wakeup.bind((shard) => engine.wake(shard));
  const store = new ReplayStore(redis);
  const runner = new ReplayRunner(redis, store, new ReplaySelection(redis, segments), configuration, wakeup, log);
  runner.start();
  const replays = new ReplaysService(redis, store, runner, configuration);
  const close = async (): Promise<void> => {
    await runner.stop();
    await engine.stop();
    pulse.stop();
    budget.stop();
    http.onApplicationShutdown();
  };
  onEnd(close);
  return { redis, budget, configuration, engine, segments, ledger, intake, operations, leftovers, replays };
}

export type Pipeline = Awaited<ReturnType<typeof buildPipeline>>;

let requestNumber = 0;

export function append(
  pipeline: Pipeline,
  names: readonly string[],
  more: { key?: string; source?: string; naturalKeys?: readonly (string | null)[] } = {},
): Promise<IntakeResult> {
  return pipeline.intake.append({
    requestId: `req_${requestNumber++}`,
    sourceId: more.source ?? 'app',
    dialect: 'names',
    route: 'names',
    headers: {},
    receivedAt: Date.now(),
    body: Buffer.from(JSON.stringify(names)),
    checked: {
      kind: 'checked',
      total: names.length,
      rejected: [],
      ...(more.naturalKeys && { naturalKeys: more.naturalKeys }),
    },
    ...(more.key === undefined ? {} : { idempotency: { key: more.key } }),
  });
}

/** As a client does: what a busy store refuses is sent again under its key. Resolves with the first event's id. */
export async function appendPatiently(
  pipeline: Pipeline,
  names: readonly string[],
  source: string,
  key: string,
): Promise<string> {
  const result = await until(async () => {
    const answer = await append(pipeline, names, { source, key });
    return answer.kind === 'unavailable' ? undefined : answer;
  });
  return ids(result, names.length)[0] ?? '';
}

export function ids(result: IntakeResult, count: number): string[] {
  if (result.kind !== 'appended' && result.kind !== 'repeated') throw new Error(result.kind);
  return Array.from({ length: count }, (_, index) => result.idAt(index));
}
