import {
  AccountsApi,
  ApiKeySession,
  EventsApi,
  OAuthBasicSession,
  RetryWithExponentialBackoff,
  type EventCreateQueryV2,
  type EventsBulkCreateJob,
  type Session,
} from 'klaviyo-api';
import type { AppendRequest, AppendResult, RateVerdict } from '#dialects';
import type { RateWindow } from '#destinations';
import { IngestFixture } from '../../../../test/conformance/ingest-fixture.js';
import { World, type Stage } from '../../../../test/conformance/memory-ports.js';
import klaviyo from './klaviyo.dialect.js';

/* The vendor's own Node client, unchanged but for `basePath`, against the ingest code of the gateway. */

const KEY = 'pk_0123456789abcdef0123456789abcdef01';
const GOLDEN = { source: { credentials: { privateKey: KEY }, name: 'Shop' }, receivedAt: '2026-06-01T10:00:00.000Z' };

/** Refuses the first turns, then lets everything pass; the same for appends. */
class UnsteadyWorld extends World {
  readonly turnsAt: number[] = [];
  appends = 0;

  constructor(
    private readonly limitedTurns: number,
    private readonly failingAppends: number,
  ) {
    super(klaviyo, GOLDEN);
  }

  override take(windows: readonly RateWindow[]): RateVerdict {
    this.turnsAt.push(performance.now());
    return this.turnsAt.length <= this.limitedTurns ? { kind: 'limited', retryAfterSeconds: 1 } : super.take(windows);
  }

  override append(request: AppendRequest): AppendResult {
    this.appends++;
    return this.appends <= this.failingAppends ? { kind: 'unavailable', retryAfterSeconds: 1 } : super.append(request);
  }
}

const stage = {} as Stage;
let fixture: IngestFixture;
beforeAll(async () => {
  stage.world = new World(klaviyo, GOLDEN);
  fixture = await IngestFixture.start([klaviyo], stage);
});
afterAll(() => fixture.close());

function begin(limitedTurns = 0, failingAppends = 0): UnsteadyWorld {
  const world = new UnsteadyWorld(limitedTurns, failingAppends);
  stage.world = world;
  return world;
}

const baseUrl = (): string => `http://127.0.0.1:${fixture.port}`;

function eventsApi(session: Session = new ApiKeySession(KEY), base = baseUrl()): EventsApi {
  const api = new EventsApi(session);
  api.basePath = base;
  return api;
}

interface ClientError {
  readonly response?: { readonly status: number; readonly data: unknown; readonly headers: unknown };
}

async function failure(call: Promise<unknown>): Promise<NonNullable<ClientError['response']>> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason as ClientError,
  );
  if (!error?.response) throw new Error('the call did not fail with an answer');
  return error.response;
}

function job(email = 'lee@sample.test'): EventsBulkCreateJob {
  const metric = { data: { type: 'metric' as const, attributes: { name: 'Renewed Pass' } } };
  const time = new Date('2026-06-01T05:00:00.123Z');
  const attributes = {
    metric,
    properties: { zone: 2 },
    time,
    value: 29.5,
    valueCurrency: 'EUR',
    uniqueId: 'pass-41-06',
  };
  const profile = {
    data: {
      type: 'profile' as const,
      attributes: { email, externalId: 'm-41', kx: undefined, location: { latitude: 47.4 } },
      meta: { patchProperties: { unappend: { tags: 'old' } } },
    },
  };
  const item = { profile, events: { data: [{ type: 'event' as const, attributes }] }, backfill: true };
  const data = [{ type: 'event-bulk-create' as const, attributes: item }];
  return { data: { type: 'event-bulk-create-job', attributes: { eventsBulkCreate: { data } } } };
}

function single(): EventCreateQueryV2 {
  const metric = { data: { type: 'metric' as const, attributes: { name: 'Renewed Pass' } } };
  const attributes = { phoneNumber: '+12345678901', meta: { patchProperties: { append: { tags: 'new' } } } };
  const profile = { data: { type: 'profile' as const, attributes } };
  return {
    data: { type: 'event', attributes: { metric, profile, properties: {}, time: new Date(1_780_000_000_000) } },
  };
}

function decodeFirst(world: World): unknown {
  const [request] = world.appended;
  const route = klaviyo.routes.find(({ id }) => id === request?.route);
  if (!request || !route) throw new Error('nothing was appended');
  const body: unknown = JSON.parse(request.body.toString('utf8'));
  const { headers, sourceId, receivedAt } = request;
  const stored = { body, route: route.id, headers, sourceId, receivedAt, accepts: () => true, idAt: () => 'evt_1' };
  return route.decode(stored)[0];
}

describe('klaviyo-api 23 as a client', () => {
  it('creates events in bulk', async () => {
    const world = begin();
    const answer = await eventsApi().bulkCreateEvents(job());
    const { response } = answer;
    expect(response.status).toBe(202);
    expect(answer.body).toBeUndefined();
    expect(response.data).toBe('');
    expect(response.headers).toMatchObject({
      'content-length': '0',
      'ratelimit-limit': '150',
      'ratelimit-remaining': '149',
      'ratelimit-reset': '37',
    });
    expect(world.appended[0]?.headers).toEqual({ revision: '2026-07-15' });
    expect(decodeFirst(world)).toEqual({
      id: 'evt_1',
      type: 'track',
      event: 'Renewed Pass',
      user_id: 'm-41',
      anonymous_id: null,
      timestamp: '2026-06-01T05:00:00.000Z',
      received_at: '2026-06-01T10:00:00.000Z',
      properties: { zone: 2 },
      identity: { email: 'lee@sample.test' },
      value: { amount: 29.5, currency: 'EUR' },
      profile: { set: { location: { latitude: 47.4 } }, unappend: { tags: 'old' } },
      source: { id: 'src-1', dialect: 'klaviyo' },
      extras: { unique_id: 'pass-41-06', backfill: true },
    });
  });

  it('creates one event', async () => {
    const world = begin();
    const answer = await eventsApi().createEvent(single());
    expect(answer.response.status).toBe(202);
    expect(answer.body).toBeUndefined();
    expect(decodeFirst(world)).toMatchObject({
      timestamp: '2026-05-28T20:26:40.000Z',
      identity: { phone: '+12345678901' },
      profile: { append: { tags: 'new' } },
    });
  });

  it.each(['/', '/klaviyo', '/klaviyo/'])('works with a base path that ends in %s', async (suffix) => {
    const world = begin();
    const { response } = await eventsApi(new ApiKeySession(KEY), baseUrl() + suffix).bulkCreateEvents(job());
    expect(response.status).toBe(202);
    expect(world.appended).toHaveLength(1);
  });

  it('works with a token of an OAuth session', async () => {
    begin();
    const { response } = await eventsApi(new OAuthBasicSession(KEY)).bulkCreateEvents(job());
    expect(response.status).toBe(202);
  });

  it('tests its key', async () => {
    begin();
    const api = new AccountsApi(new ApiKeySession(KEY));
    api.basePath = baseUrl();
    const { body } = await api.getAccounts();
    expect(body.data[0]?.id).toBe('src-1');
    expect(body.data[0]?.attributes.contactInformation.organizationName).toBe('Shop');
  });

  it('hears that its key is wrong, at once', async () => {
    const world = begin();
    const answer = await failure(eventsApi(new ApiKeySession('pk_wrong')).bulkCreateEvents(job()));
    expect(answer.status).toBe(401);
    expect(answer.data).toMatchObject({ errors: [{ status: 401, code: 'authentication_failed' }] });
    expect(world.turnsAt).toHaveLength(0);
  });

  it('hears which address is invalid, at once', async () => {
    const world = begin();
    const answer = await failure(eventsApi().bulkCreateEvents(job('nobody')));
    expect(answer.status).toBe(400);
    expect(answer.data).toEqual({
      errors: [
        {
          id: '8d17340b-f90c-4b1d-bf9c-6c29c13abdf7',
          status: 400,
          code: 'invalid',
          title: 'Invalid input.',
          detail: 'Invalid email address',
          source: {
            pointer: '/data/attributes/events-bulk-create/data/0/attributes/profile/data/attributes/email',
          },
          links: {},
          meta: {},
        },
      ],
    });
    expect(world.turnsAt).toHaveLength(1);
    expect(world.appended).toHaveLength(0);
  });

  it('waits as long as a 429 asks and tries again', async () => {
    const world = begin(1);
    const { response } = await eventsApi().bulkCreateEvents(job());
    expect(response.status).toBe(202);
    expect(world.turnsAt).toHaveLength(2);
    expect((world.turnsAt[1] ?? 0) - (world.turnsAt[0] ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(world.appended).toHaveLength(1);
  });

  it('gives up after three attempts and hands over the last 429', async () => {
    const world = begin(3);
    const retry = new RetryWithExponentialBackoff();
    retry.baseInterval = 0.05;
    const answer = await failure(eventsApi(new ApiKeySession(KEY, retry)).bulkCreateEvents(job()));
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    expect(Object.keys(answer.headers as object).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
    expect(world.turnsAt).toHaveLength(3);
  });

  it('tries again when the gateway could not store the events', async () => {
    const world = begin(0, 1);
    const { response } = await eventsApi().bulkCreateEvents(job());
    expect(response.status).toBe(202);
    expect(world.appends).toBe(2);
    expect(world.appended).toHaveLength(1);
  });
});
