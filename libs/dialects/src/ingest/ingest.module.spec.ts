import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RateWindow } from '#destinations';
import { DialectRegistry } from '../dialect-registry.js';
import flokit from '../flokit/flokit.dialect.js';
import vibefollow from '../vibefollow/vibefollow.dialect.js';
import {
  IngestObserver,
  Intake,
  RejectionLog,
  RequestLimiter,
  SourceDirectory,
  type AppendRequest,
  type AppendResult,
  type RejectedRequest,
} from '../ports.js';
import { IngestModule } from './ingest.module.js';
import { IngestServer } from './ingest.server.js';
import { ingestServerOptions } from './server-options.js';

class OneSource extends SourceDirectory {
  override find(_dialect: string, token: string) {
    return token === 'key' ? { source: { id: 'src', name: 'Source', enabled: true }, grant: 'write' } : undefined;
  }
}

class MemoryIntake extends Intake {
  readonly appended: AppendRequest[] = [];
  override shedding(): boolean {
    return false;
  }
  override append(request: AppendRequest): Promise<AppendResult> {
    this.appended.push(request);
    return Promise.resolve({ kind: 'appended', checked: request.checked, idAt: (index) => `evt_${index}` });
  }
  override recall(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

class MemoryRejections extends RejectionLog {
  readonly recorded: RejectedRequest[] = [];
  override record(rejected: RejectedRequest): void {
    this.recorded.push(rejected);
  }
}

class NoLimit extends RequestLimiter {
  override take(_sourceId: string, _bucket: string, windows: readonly RateWindow[]) {
    return Promise.resolve({ kind: 'allowed' as const, state: { windows, remaining: 1, resetSeconds: 1 } });
  }
}

class Counts extends IngestObserver {
  readonly seen: string[] = [];
  override accepted(dialect: string, events: number): void {
    this.seen.push(`accepted ${dialect} ${events}`);
  }
  override rejected(dialect: string, code: string, items: number): void {
    this.seen.push(`rejected ${dialect} ${code} ${items}`);
  }
  override refused(dialect: string, reason: string): void {
    this.seen.push(`refused ${dialect} ${reason}`);
  }
  override answered(dialect: string, route: string, status: number, durationMs: number): void {
    this.seen.push(`answered ${dialect} ${route} ${status} ${durationMs >= 0 ? 'timed' : 'untimed'}`);
  }
  override failed(dialect: string): void {
    this.seen.push(`failed ${dialect}`);
  }
}

@Controller('health')
class HealthController {
  @Get('live')
  live(): string {
    return 'alive';
  }
}

const valid = { event: 'x', user_id: 'u', timestamp: '2026-05-01T10:00:00Z' };

describe('IngestModule', () => {
  const intake = new MemoryIntake();
  const rejections = new MemoryRejections();
  const observer = new Counts();
  let app: NestFastifyApplication;
  let baseUrl: string;

  beforeAll(async () => {
    const dialects = DialectRegistry.of([flokit, vibefollow]);
    const ingest = IngestModule.forRoot({
      dialects,
      sources: { useClass: OneSource },
      intake: { useValue: intake },
      rejections: { useValue: rejections },
      limiter: { useFactory: () => new NoLimit() },
      observer: { useValue: observer },
      settings: { clock: () => 1_777_629_600_000 },
    });
    @Module({ imports: [ingest], controllers: [HealthController] })
    class TestApp {}
    const adapter = new FastifyAdapter(ingestServerOptions(dialects));
    app = await NestFactory.create<NestFastifyApplication>(TestApp, adapter, { logger: false });
    app.get(IngestServer).register(adapter.getInstance());
    await app.listen(0, '127.0.0.1');
    baseUrl = await app.getUrl();
  });
  afterAll(() => app.close());

  const post = (body: unknown, headers: Record<string, string> = {}, path = '/v1/batch/events'): Promise<Response> =>
    fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer key', 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('appends the bytes as they came, with what decode needs', async () => {
    const answer = await post({ events: [valid, { event: 'y' }] }, { 'idempotency-key': 'k1' });
    expect(answer.status).toBe(200);
    const appended = intake.appended.at(-1);
    expect({ ...appended, body: appended?.body.toString() }).toEqual({
      requestId: answer.headers.get('x-request-id'),
      sourceId: 'src',
      dialect: 'flokit',
      route: 'flokit.batch',
      headers: {},
      receivedAt: 1_777_629_600_000,
      body: JSON.stringify({ events: [valid, { event: 'y' }] }),
      checked: {
        kind: 'checked',
        total: 2,
        rejected: [
          { index: 1, code: 'missing_field', detail: 'Missing required field: user_id or anonymous_id', name: 'y' },
        ],
      },
      idempotency: { key: 'flokit.batch:k1' },
    });
    expect(rejections.recorded.at(-1)).toMatchObject({
      sourceId: 'src',
      status: 200,
      items: [{ item: { event: 'y' } }],
    });
  });

  it('keeps no names with a key whose answer tells none; the admin sees them', async () => {
    await post({ events: [{ name: 'y' }] }, { 'idempotency-key': 'k2' }, '/api/v1/events/bulk');
    const rejection = { index: 0, code: 'validation', detail: 'required', pointer: 'external_user_id' };
    expect(intake.appended.at(-1)).toMatchObject({ idempotency: { key: ':k2' } });
    expect(intake.appended.at(-1)?.checked.rejected).toEqual([rejection]);
    expect(rejections.recorded.at(-1)?.items).toEqual([{ ...rejection, name: 'y', item: { name: 'y' } }]);
  });

  it('counts what it takes and what it refuses', async () => {
    observer.seen.length = 0;
    await post({ events: [valid, valid, {}] });
    await post({ events: [] });
    await post({ events: [valid] }, { authorization: 'Bearer other' });
    expect(observer.seen).toEqual([
      'accepted flokit 2',
      'rejected flokit missing_field 1',
      'answered flokit flokit.batch 200 timed',
      'refused flokit check',
      'answered flokit flokit.batch 400 timed',
      'refused flokit unauthorized',
      'answered flokit flokit.batch 401 timed',
    ]);
  });

  it('appends nothing where nothing was accepted and nobody may ask again', async () => {
    const before = intake.appended.length;
    expect(await (await post({ events: [{}] })).json()).toMatchObject({ accepted: 0, rejected: 1 });
    expect(intake.appended).toHaveLength(before);
  });

  it('leaves the paths of others alone', async () => {
    expect(await (await fetch(`${baseUrl}/health/live`)).text()).toBe('alive');
    const unknown = await fetch(`${baseUrl}/nowhere`);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { statusCode: 404 }]);
  });

  it('lets a caller without a key finish sending before it reads the answer', async () => {
    const answer = await fetch(`${baseUrl}/v1/events`, { method: 'POST', body: 'x'.repeat(9_000_000) });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      { error: 'unauthorized', message: 'Invalid or missing API key' },
    ]);
  });

  it('sends callers away as soon as the application closes', async () => {
    app.get(IngestServer).onModuleDestroy();
    const answer = await post({ events: [valid] });
    expect([answer.status, answer.headers.get('connection'), answer.headers.get('retry-after')]).toEqual([
      503,
      'close',
      '1',
    ]);
  });
});
