import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AdminModule, serveDocs } from '#admin';
import {
  Configuration,
  ControlPlaneModule,
  DeliveryOperations,
  DemoConfiguration,
  type DeadLetter,
  type DeadLetterGroups,
  type DeadLetterQuery,
  type DestinationStats,
  type DiscardedLetters,
  type Page,
} from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import { dialectConnectors, DialectRegistry } from '#dialects';
import { PipelineModule } from '#pipeline';
import { createLog, Metrics, NO_TRACING, readEnvironment, Readiness, RedisConnections, Secrets } from '#platform';
import type { Foundation } from '../../apps/gateway/src/foundation.js';
import { FoundationModule } from '../../apps/gateway/src/gateway.module.js';
import { createHttpAdapter } from '../../apps/gateway/src/http/http-adapter.js';
import { onEnd, type TestRedis } from '../support/index.js';

export const ADMIN_TOKEN = 'test-admin-token';
export const ENCRYPTION_KEY = Buffer.alloc(32, 7);

export const NO_DELIVERIES: DestinationStats = {
  delivered: 0,
  waiting: 0,
  retrying: 0,
  deadLettered: 0,
  lastError: null,
  breaker: { state: 'closed', code: null, since: null, nextProbeAt: null },
  heldBy: null,
};

/** Stands in for the pipeline, which has its own tests. */
export class PrescribedDeliveries extends DeliveryOperations {
  readonly statsOf = new Map<string, DestinationStats>();
  readonly discarded: string[] = [];
  /** No discard ends before. */
  discarding: Promise<void> = Promise.resolve();
  /** So many discards find that the destination may be a later one. */
  tooYoung = 0;
  letters: readonly DeadLetter[] = [];
  grouped: DeadLetterGroups = { groups: [], counted: 0, kept: 0 };
  readonly groupedFor: (string | undefined)[] = [];

  override stats(id: string): Promise<DestinationStats> {
    return Promise.resolve(this.statsOf.get(id) ?? NO_DELIVERIES);
  }

  override async discard(id: string): Promise<boolean> {
    this.discarded.push(id);
    await this.discarding;
    return this.tooYoung-- <= 0;
  }

  override listDeadLetters({ destinationId, code, limit, after }: DeadLetterQuery): Promise<Page<DeadLetter>> {
    const wanted = this.letters.filter(
      (letter) =>
        (destinationId === undefined || letter.destinationId === destinationId) &&
        (code === undefined || letter.reason.code === code),
    );
    const start = after === undefined ? 0 : wanted.findIndex(({ id }) => id === after) + 1;
    const items = wanted.slice(start, start + limit);
    return Promise.resolve({ items, next: start + limit < wanted.length ? (items.at(-1)?.id ?? null) : null });
  }

  override groupDeadLetters(destinationId: string | undefined): Promise<DeadLetterGroups> {
    this.groupedFor.push(destinationId);
    return Promise.resolve(this.grouped);
  }

  override discardDeadLetters(destinationId: string, code: string): Promise<DiscardedLetters> {
    const before = this.letters.length;
    this.letters = this.letters.filter(
      (letter) => letter.destinationId !== destinationId || letter.reason.code !== code,
    );
    return Promise.resolve({ discarded: before - this.letters.length, more: false });
  }

  override discardDeadLetter(id: string): Promise<boolean> {
    const before = this.letters.length;
    this.letters = this.letters.filter((letter) => letter.id !== id);
    return Promise.resolve(this.letters.length < before);
  }
}

/** Whatever member a test expects; the others are absent. */
export interface AnswerBody {
  readonly id: string;
  readonly name: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly waiting: number;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
  readonly data: readonly AnswerBody[];
  readonly nextCursor: string | null;
  readonly type: string;
  readonly match: object;
  readonly paused: boolean;
  readonly pauseReason: string | null;
  readonly retiringUntil: string | null;
  /** In clear where they were generated, otherwise masked. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly credentialsSchema: { readonly properties: object };
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: AnswerBody;
}

export function pointersOf({ body }: Answer): readonly string[] {
  return body.errors.map(({ pointer }) => pointer);
}

export interface AdminApp {
  readonly baseUrl: string;
  readonly deliveries: PrescribedDeliveries;
  readonly configuration: Configuration;
  readonly demo: DemoConfiguration;
  /** `body` that is no text goes out as JSON; `path` is below `/admin/v1`. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

/** A real application on a free port; ends with the test file. */
export async function startAdminApp(
  redis: Pick<TestRedis, 'socketPath' | 'url'>,
  { encryptionKey = ENCRYPTION_KEY, allowedCidrs = ['127.0.0.0/8'] } = {},
): Promise<AdminApp> {
  const deliveries = new PrescribedDeliveries();
  const foundation = await foundationOn(redis, encryptionKey, allowedCidrs);
  const prescribed = [{ provide: DeliveryOperations, useValue: deliveries }];

  @Module({ providers: prescribed, exports: prescribed })
  class PrescribedModule {}

  @Module({
    imports: [
      FoundationModule.of(foundation),
      ControlPlaneModule.forRoot(),
      PipelineModule.forRoot(),
      AdminModule.forRoot({ imports: [PrescribedModule] }),
    ],
  })
  class TestModule {}

  const adapter = createHttpAdapter(foundation.dialects, foundation.readiness);
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, adapter, {
    logger: false,
    abortOnError: false,
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await app.close();
    foundation.redis.close();
  };
  onEnd(close);
  serveDocs(app, foundation.dialects, { name: 'event-gateway', version: '0.0.0', description: 'Test' });
  await app.listen(0, '127.0.0.1');
  const baseUrl = await app.getUrl();
  return {
    baseUrl,
    deliveries,
    configuration: app.get(Configuration),
    demo: app.get(DemoConfiguration),
    call: (method, path, body, headers) => call(`${baseUrl}/admin/v1${path}`, method, body, headers),
    close,
  };
}

/** What the program has before any module, for a process that only serves HTTP. */
async function foundationOn(
  redis: Pick<TestRedis, 'socketPath' | 'url'>,
  encryptionKey: Buffer,
  allowedCidrs: readonly string[],
): Promise<Foundation> {
  const connections = new RedisConnections({ socketPath: redis.socketPath });
  onEnd(() => connections.close());
  return {
    environment: readEnvironment({
      ROLE: 'api',
      REDIS_URL: redis.url,
      ADMIN_TOKEN,
      ENCRYPTION_KEY: encryptionKey.toString('base64'),
      DESTINATION_ALLOWED_CIDRS: allowedCidrs.join(','),
    }),
    secrets: new Secrets(ADMIN_TOKEN, encryptionKey, undefined),
    log: createLog({ level: 'silent', pretty: false }),
    metrics: new Metrics(),
    tracing: NO_TRACING,
    readiness: new Readiness(),
    redis: connections,
    dialects: await DialectRegistry.load(),
    connectors: await ConnectorRegistry.load(await dialectConnectors()),
  };
}

async function call(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  const parsed = JSON.parse(isJson ? text : '{}') as AnswerBody;
  return { status: answer.status, headers: answer.headers, text, body: parsed };
}
