import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import {
  eventsOf,
  flokitItem,
  flokitItems,
  openLine,
  startGateway,
  startSink,
  until,
  type DestinationStats,
  type Gateway,
  type Line,
  type SinkReply,
  type SinkRequest,
} from '../support/index.js';

const ok: SinkReply = { status: 200 };

describe('a delivery', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway();
  });

  const delivered = (line: Line, count: number): Promise<DestinationStats> =>
    until(
      async () => {
        const stats = await line.stats();
        return stats.delivered === count && stats.waiting === 0 ? stats : undefined;
      },
      { what: `${count} events to be settled as delivered` },
    );

  const breakerOpen = (line: Line, code: string): Promise<DestinationStats> =>
    until(
      async () => {
        const stats = await line.stats();
        return stats.breaker.state === 'open' && stats.breaker.code === code ? stats : undefined;
      },
      { what: `the breaker to open for ${code}` },
    );

  it('that fails is repeated with the same content under the same key until it succeeds', async () => {
    const line = await openLine(gateway);
    const replies: readonly SinkReply[] = [{ status: 500 }, 'reset', { status: 408 }, { status: 503 }, ok];
    line.sink.replyWith((_, index) => replies[index] ?? ok);
    const ids = await line.sender.accepted(flokitItems('retried', 3));
    const stats = await delivered(line, 3);
    const { requests } = line.sink;
    expect(requests).toHaveLength(5);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(requests.map((request) => eventsOf(request).map(({ id }) => id))).toEqual(Array(5).fill(ids));
    for (const request of requests) {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      expect(() => new Webhook(line.signingSecret).verify(request.body, headers)).not.toThrow();
    }
    expect(stats).toMatchObject({ retrying: 0, deadLettered: 0, breaker: { state: 'closed' } });
  });

  it('that never succeeds becomes dead letters when its attempts are used up', async () => {
    const line = await openLine(gateway, { retry: { minDelayMs: 10, maxDelayMs: 50, maxAttempts: 3 } });
    line.sink.replyWith(() => ({ status: 502, body: 'bad gateway' }));
    const ids = await line.sender.accepted(flokitItems('hopeless', 2));
    const letters = await until(async () => {
      const found = await line.deadLetters();
      return found.length === 2 ? found : undefined;
    });
    expect(letters).toMatchObject([
      { reason: { code: 'attempts_exhausted' }, attempts: 3, lastResponse: { status: 502, body: 'bad gateway' } },
      { reason: { code: 'attempts_exhausted' }, attempts: 3 },
    ]);
    expect(letters.map(({ event }) => event.id).sort()).toEqual([...ids]);
    expect(line.sink.requests).toHaveLength(3);
    expect(await line.stats()).toMatchObject({ delivered: 0, waiting: 0, deadLettered: 2 });
  });

  it.each([
    ['seconds', 429, () => '1'],
    ['an HTTP date', 503, () => new Date(Date.now() + 2_000).toUTCString()],
  ])('waits as Retry-After says in %s with %i, which costs no attempt', async (_, status, after) => {
    const line = await openLine(gateway, { retry: { minDelayMs: 1, maxDelayMs: 10, maxAttempts: 1 } });
    line.sink.replyWith((_, index) => (index === 0 ? { status, headers: { 'retry-after': after() } } : ok));
    await line.sender.accepted([flokitItem('throttled')]);
    await delivered(line, 1);
    const [first, second] = line.sink.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900);
    expect(await line.stats()).toMatchObject({ deadLettered: 0, breaker: { state: 'closed' } });
  });

  it('waits for the longer of two answers that ask for a rest', async () => {
    const line = await openLine(gateway, { batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 2 });
    const rests = ['3', '1'];
    line.sink.replyWith((_, index) => (rests[index] ? { status: 429, headers: { 'retry-after': rests[index] } } : ok));
    await line.sender.accepted(flokitItems('throttled', 2));
    await delivered(line, 2);
    const [first, ...others] = line.sink.requests.map(({ at }) => at);
    // The second may have been under way already; nothing else may come before the three seconds are over.
    for (const at of others.slice(1)) expect(at - (first ?? 0)).toBeGreaterThanOrEqual(2_900);
  });

  it('fills requests to the bytes they may have, once it is known how large the events come out', async () => {
    const maxBytes = 50_000;
    const line = await openLine(gateway, {
      batch: { maxEvents: 1_000, maxBytes, maxWaitMs: 50 },
      // Nobody can know when events are gathered how large this makes them.
      transform: { setProperties: { padding: 'x'.repeat(600) } },
    });
    await line.sender.accepted(flokitItems('first', 100));
    await delivered(line, 100);
    const before = line.sink.requests.length;
    await line.sender.accepted(flokitItems('filled', 300));
    await delivered(line, 400);
    const sizes = line.sink.requests.map(({ body }) => Buffer.byteLength(body));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
    // All but the last.
    expect(sizes.slice(before).filter((bytes) => bytes < 0.9 * maxBytes).length).toBeLessThanOrEqual(1);
  });

  it('waits no longer for an address that is not its own any more', async () => {
    const line = await openLine(gateway);
    line.sink.replyWith(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await line.sender.accepted([flokitItem('moved')]);
    await until(async () => (await line.stats()).lastError?.code === 'http_429', { what: 'the first address to ask' });
    const elsewhere = await startSink();
    await line.change({ config: { url: elsewhere.url } });
    await delivered(line, 1);
    expect(elsewhere.requests).toHaveLength(1);
  });

  it('waits no longer for an address that it was changed from while it was paused', async () => {
    const line = await openLine(gateway);
    line.sink.replyWith(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await line.sender.accepted([flokitItem('moved')]);
    await until(async () => (await line.stats()).lastError?.code === 'http_429', { what: 'the first address to ask' });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    const elsewhere = await startSink();
    await line.change({ config: { url: elsewhere.url } });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    await delivered(line, 1);
    expect(elsewhere.requests).toHaveLength(1);
  });

  it('waits no longer for an account that is not its own any more', async () => {
    const line = await openLine(gateway, { credentials: { bearerToken: 'former' } });
    line.sink.replyWith(({ headers }) =>
      headers.authorization === 'Bearer other' ? ok : { status: 429, headers: { 'retry-after': '3600' } },
    );
    await line.sender.accepted([flokitItem('moved')]);
    await until(async () => (await line.stats()).lastError?.code === 'http_429', { what: 'a rest to be asked for' });
    await line.change({ credentials: { bearerToken: 'other' } });
    await delivered(line, 1);
    expect(line.sink.requests).toHaveLength(2);
  });

  it('waits no longer for another try when its settings have changed', async () => {
    const line = await openLine(gateway, { retry: { minDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
    line.sink.replyWith(() => ({ status: 500 }));
    await line.sender.accepted([flokitItem('mended')]);
    await until(async () => (await line.stats()).retrying === 1, { what: 'the first try to fail' });
    line.sink.replyWith(() => ok);
    await line.change({ timeoutMs: 2_000 });
    await delivered(line, 1);
    expect(line.sink.requests).toHaveLength(2);
  });

  it.each([
    ['asks for a rest', { status: 429, headers: { 'retry-after': '3600' } }],
    ['refuses the credentials', { status: 401 }],
    ['fails for the last time', { status: 500 }],
  ])('is tried at once where it now belongs when the former address %s', async (_, reply) => {
    const line = await openLine(gateway, { retry: { maxAttempts: 1 } });
    let answerFormer = (_reply: SinkReply): void => undefined;
    line.sink.replyWith(() => new Promise((resolve) => void (answerFormer = resolve)));
    await line.sender.accepted([flokitItem('moved')]);
    await until(() => line.sink.requests.length === 1, { what: 'the former address to be asked' });
    const elsewhere = await startSink();
    await line.change({ config: { url: elsewhere.url } });
    await line.sender.accepted([flokitItem('next')]);
    await until(() => elsewhere.requests.length === 1, { what: 'the change to take effect' });
    answerFormer(reply);
    const stats = await delivered(line, 2);
    expect(elsewhere.requests).toHaveLength(2);
    expect(stats).toMatchObject({ deadLettered: 0, breaker: { state: 'closed' } });
  });

  it('held by a pause grows no older, nor do the other parts of its batch', async () => {
    const line = await openLine(gateway, {
      concurrency: 1,
      retry: { minDelayMs: 10, maxDelayMs: 20, maxAgeSeconds: 4 },
    });
    const sizeOf = (request: SinkRequest): number => eventsOf(request).length;
    line.sink.replyWith((request) => ({ status: sizeOf(request) > 1 ? 413 : 503 }));
    await line.sender.accepted(flokitItems('held', 2));
    const idOf = (request: SinkRequest): string => eventsOf(request)[0]?.id ?? '';
    const tried = (): number => new Set(line.sink.requests.filter((one) => sizeOf(one) === 1).map(idOf)).size;
    await until(() => tried() === 2, { what: 'both halves to be tried' });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    await delay(5_000);
    const refusedOnce = new Set<string>();
    line.sink.replyWith((request) => {
      const isFirst = !refusedOnce.has(idOf(request));
      refusedOnce.add(idOf(request));
      return isFirst ? { status: 503 } : ok;
    });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    expect(await delivered(line, 2)).toMatchObject({ deadLettered: 0 });
  });

  it.each([401, 404, 410])('refused with %i is held, not given up, until the destination is back', async (status) => {
    const line = await openLine(gateway, { retry: { minDelayMs: 10, maxDelayMs: 200, maxAttempts: 1 } });
    line.sink.replyWith(() => ({ status }));
    await line.sender.accepted(flokitItems('held', 5));
    expect(await breakerOpen(line, `http_${status}`)).toMatchObject({ delivered: 0, waiting: 5, deadLettered: 0 });
    await until(() => line.sink.requests.length >= 3, { what: 'it to probe by itself' });
    expect(await line.stats()).toMatchObject({ waiting: 5, deadLettered: 0 });
    const repairedAt = Date.now();
    line.sink.replyWith(() => ok);
    expect(await delivered(line, 5)).toMatchObject({ deadLettered: 0, breaker: { state: 'closed', code: null } });
    expect(Date.now() - repairedAt).toBeLessThan(3_000);
  });

  it('of single events refused ten times in a row is held as well', async () => {
    const one = { batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 1 };
    const line = await openLine(gateway, one);
    line.sink.replyWith(() => ({ status: 400, body: 'no' }));
    await line.sender.accepted(flokitItems('unwanted', 15));
    await breakerOpen(line, 'refused_in_a_row');
    expect(await line.stats()).toMatchObject({ delivered: 0, waiting: 6, deadLettered: 9 });
    const seen = line.sink.requests.length;
    await until(() => line.sink.requests.length >= seen + 3, { what: 'it to probe by itself' });
    expect(await line.stats()).toMatchObject({ waiting: 6, deadLettered: 9, breaker: { state: 'open' } });
    line.sink.replyWith(() => ok);
    expect(await delivered(line, 6)).toMatchObject({ deadLettered: 9, breaker: { state: 'closed' } });
  });

  it('refused for a run of bad events comes by itself to the good ones behind them', async () => {
    const line = await openLine(gateway, { retry: { minDelayMs: 10, maxDelayMs: 100 }, concurrency: 1 });
    const isGood = (request: SinkRequest): boolean => !request.body.includes('"bad"');
    line.sink.replyWith((request) => (isGood(request) ? ok : { status: 400 }));
    await line.sender.accepted([...flokitItems('bad', 40), ...flokitItems('good', 20)]);
    const { deadLettered, waiting } = await delivered(line, 20);
    expect(deadLettered + waiting).toBe(40);
    expect(line.sink.requests.filter(isGood).flatMap(eventsOf)).toHaveLength(20);
  });

  it('that is not answered in time is given up and tried again', async () => {
    const line = await openLine(gateway, { timeoutMs: 300 });
    line.sink.replyWith((_, index) => (index === 0 ? 'hang' : ok));
    await line.sender.accepted([flokitItem('hanging')]);
    const { lastError } = await delivered(line, 1);
    expect(lastError).toMatchObject({ code: 'timeout' });
    const [first, second] = line.sink.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(250);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  it('refused as too large is halved until it fits', async () => {
    const line = await openLine(gateway, { concurrency: 1 });
    const fits = (request: SinkRequest): boolean => eventsOf(request).length <= 10;
    line.sink.replyWith((request) => (fits(request) ? ok : { status: 413 }));
    const ids = await line.sender.accepted(flokitItems('large', 64));
    expect(await delivered(line, 64)).toMatchObject({ deadLettered: 0, breaker: { state: 'closed' } });
    const taken = line.sink.requests.filter((request) => fits(request));
    expect(taken.map((request) => eventsOf(request).length)).toEqual(Array(8).fill(8));
    expect(taken.flatMap((request) => eventsOf(request).map(({ id }) => id)).sort()).toEqual(ids);
    expect(line.sink.requests).toHaveLength(15);
  });

  it('refused for one event of a hundred costs that event only', async () => {
    const line = await openLine(gateway, { concurrency: 1 });
    const isBad = ({ body }: SinkRequest): boolean => body.includes('"poison"');
    line.sink.replyWith((request) => (isBad(request) ? { status: 400, body: 'no poison here' } : ok));
    const items = [...flokitItems('good', 61), flokitItem('poison'), ...flokitItems('good', 38)];
    const ids = await line.sender.accepted(items);
    expect(await delivered(line, 99)).toMatchObject({ deadLettered: 1, breaker: { state: 'closed' } });
    expect(await line.deadLetters()).toMatchObject([
      { event: { id: ids[61], event: 'poison' }, reason: { code: 'http_400', detail: 'no poison here' } },
    ]);
    const taken = line.sink.requests.filter((request) => !isBad(request)).flatMap((request) => eventsOf(request));
    expect(taken.map(({ id }) => id).sort()).toEqual(ids.filter((id) => id !== ids[61]));
    expect(line.sink.requests.length).toBeLessThanOrEqual(9);
  });

  it('refused for how many came together costs no event', async () => {
    const line = await openLine(gateway, { concurrency: 1 });
    line.sink.replyWith((request) => (eventsOf(request).length > 3 ? { status: 400, body: 'too many events' } : ok));
    const ids = await line.sender.accepted(flokitItems('good', 20));
    expect(await delivered(line, 20)).toMatchObject({ deadLettered: 0, breaker: { state: 'closed' } });
    const taken = line.sink.requests.filter((request) => eventsOf(request).length <= 3);
    expect(taken.flatMap((request) => eventsOf(request).map(({ id }) => id)).sort()).toEqual(ids);
  });

  it.each([302, 307])('follows no redirect (%i)', async (status) => {
    const elsewhere = await startSink();
    const line = await openLine(gateway);
    line.sink.replyWith(() => ({ status, headers: { location: `${elsewhere.url}/events` } }));
    await line.sender.accepted([flokitItem('redirected')]);
    expect(await breakerOpen(line, `http_${status}`)).toMatchObject({ waiting: 1, deadLettered: 0 });
    line.sink.replyWith(() => ok);
    await delivered(line, 1);
    expect(elsewhere.requests).toEqual([]);
  });

  it('to the log prints the event', async () => {
    const line = await openLine(gateway);
    await line.admin.createDestination({ name: 'Log', type: 'log', match: { sources: [line.sourceId] } });
    const [id = 'none'] = await line.sender.accepted([flokitItem('printed', { properties: { plan: 'gold' } })]);
    const printed = await until(() => {
      const lines = gateway.output().split('\n');
      return lines.find((text) => text.includes('"msg":"event"') && text.includes(id));
    });
    expect(JSON.parse(printed)).toMatchObject({ event: { id, event: 'printed', properties: { plan: 'gold' } } });
  });
});
