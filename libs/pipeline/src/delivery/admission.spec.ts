import type { Destination } from '#control-plane';
import type { RedisConnections } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { destinationKeys } from '../keys.js';
import { admit } from './admission.js';
import { readBatchRecord } from './batch-record.js';
import { settleScript } from './delivery.scripts.js';
import { newPart } from './plan.js';
import { settlementText } from './settlement.js';
import { nothing } from './step.js';

const HOUR_MS = 3_600_000;

describe('a batch whose parts all wait for another try', () => {
  let redis: RedisConnections;
  const changedAt = Date.now() - HOUR_MS;
  const destination: Destination = {
    id: 'crm',
    name: 'CRM',
    type: 'webhook',
    config: {},
    credentials: {},
    match: {},
    transform: {},
    batch: { maxEvents: 100, maxBytes: 1_000_000, maxWaitMs: 50 },
    rateLimit: [{ requests: 5, perSeconds: 60 }],
    retry: { maxAttempts: 20, maxAgeSeconds: 3_600, minDelayMs: 10, maxDelayMs: 60_000 },
    timeoutMs: 5_000,
    concurrency: 2,
    ordering: 'none',
    maxQueuedBytes: null,
    paused: null,
    createdAt: new Date(changedAt).toISOString(),
    updatedAt: new Date(changedAt).toISOString(),
  };

  beforeAll(async () => {
    redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
  });

  beforeEach(async () => {
    await redis.shared.flushall();
    await redis.shared.hset(destinationKeys.batch('crm', 'b1'), 'r', 2, 'j', '{}');
    await putOff(destination);
  });

  /** As a failed try of the whole batch settles it. */
  async function putOff(one: Destination, notBefore = Date.now() + HOUR_MS): Promise<void> {
    const part = { ...newPart('events', [0]), attempts: 1, firstAttemptAt: 1, notBefore };
    const change = { ...nothing, notWanted: [], parts: [part], health: { kind: 'unknown' } as const };
    const record = readBatchRecord('{"v":1,"id":"b1","references":[["s1","0",1,0]],"count":1,"bytes":1,"parts":null}');
    const key = destinationKeys;
    const lists = [key.batches, key.state, key.open, key.settled, key.finished, key.deadLetters, key.deadLetterOrder];
    const names = [...lists, key.resting, key.busy].map((name) => name('crm'));
    const keys = [key.batch('crm', 'b1'), ...names, key.user('crm', ''), key.ready('crm', '')];
    const revision = await redis.shared.hget(key.batch('crm', 'b1'), 'r');
    const text = settlementText(record, change, one, [], Date.now());
    await settleScript.run(redis.shared, keys, [revision ?? '', '{}', 'b1', '0', text]);
  }

  const tried = (one: Destination): ReturnType<typeof admit> => admit(redis, one, 'b1', 1_000);

  const state = destinationKeys.state('crm');
  const openBreaker = (probeAt: number): Promise<unknown> =>
    redis.shared.hset(state, { breakerSince: 1, probeAt, breakerCode: 'http_500' });

  it('is too early, which takes no request of the rate', async () => {
    const { verdict, waitMs } = await tried(destination);
    expect(verdict).toBe('early');
    expect(waitMs).toBeGreaterThan(HOUR_MS - 10_000);
    expect(await redis.shared.exists(destinationKeys.rate('crm', 0))).toBe(0);
  });

  it('may go once the destination was changed', async () => {
    const changed = { ...destination, updatedAt: new Date(Date.now() + 1_000).toISOString() };
    expect(await tried(changed)).toMatchObject({ verdict: 'go', revision: 3, record: '{}' });
    expect(await redis.shared.llen(destinationKeys.rate('crm', 0))).toBe(1);
  });

  it('is too early however far ahead the clock is of whoever changed the destination', async () => {
    const changed = { ...destination, updatedAt: new Date(Date.now() + HOUR_MS).toISOString() };
    expect(await tried(changed)).toMatchObject({ verdict: 'go' });
    await putOff(changed);
    expect(await tried(changed)).toMatchObject({ verdict: 'early' });
    // Who has not heard of the change yet does not take what it asked for as undone.
    expect(await tried(destination)).toMatchObject({ verdict: 'early' });
  });

  it('rests until then or until it has something to send, and counts as open again', async () => {
    expect(await redis.shared.zrange(destinationKeys.resting('crm'), 0, '-1')).toEqual(['b1']);
    await putOff(destination, 0);
    expect(await redis.shared.zrange(destinationKeys.resting('crm'), 0, '-1')).toEqual([]);
    expect(await tried(destination)).toMatchObject({ verdict: 'go' });
  });

  it('asks whether the destination is back all the same, ten seconds after the last who did', async () => {
    await openBreaker(1);
    expect(await tried(destination)).toMatchObject({ verdict: 'probe', reason: 'http_500' });
    const { verdict, waitMs } = await tried(destination);
    expect(verdict).toBe('hold');
    expect(waitMs).toBeGreaterThan(9_500);
    expect(waitMs).toBeLessThanOrEqual(10_000);
  });

  it('lets a batch that has not failed yet ask first', async () => {
    await redis.shared.hset(destinationKeys.batch('crm', 'b2'), 'r', 0, 'j', '{}');
    await openBreaker(Date.now() - 500);
    expect(await tried(destination)).toMatchObject({ verdict: 'hold' });
    expect(await admit(redis, destination, 'b2', 1_000)).toMatchObject({ verdict: 'probe' });
  });

  it('is held by a pause first: that time does not count towards its age', async () => {
    expect(await tried({ ...destination, paused: 'admin' })).toMatchObject({ verdict: 'hold', reason: 'admin' });
  });
});
