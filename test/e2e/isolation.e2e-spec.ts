import { admin, flokitItem, flokitSender, startGateway, startSink, until } from '../support/index.js';

const EVENTS = Number(process.env.ISOLATION_EVENTS ?? 2_000);
const PER_REQUEST = 100;

const names = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${kind}-${i}`);
const healthy = names('healthy', 20);
const dead = names('dead', 10);
const slow = names('slow', 10);
const limited = names('limited', 10);

describe('fifty destinations of which thirty are in trouble', () => {
  it('delivers everything to the healthy ones while the others hold theirs', async () => {
    const gateway = await startGateway();
    const api = admin(gateway);
    const sink = await startSink();
    const arrived = new Map(healthy.map((name) => [`/${name}`, new Set<string>()]));
    sink.replyWith(({ url, body }) => {
      const { events } = JSON.parse(body) as { readonly events: readonly { readonly id: string }[] };
      for (const { id } of events) arrived.get(url)?.add(id);
      if (url.startsWith('/dead')) return 'reset';
      return url.startsWith('/slow') ? 'hang' : { status: 200 };
    });
    const { credentials } = await api.createSource();
    const destination = (name: string): Promise<unknown> =>
      api.createDestination({
        name,
        config: { url: `${sink.url}/${name}` },
        ...(limited.includes(name) ? { rateLimit: { requests: 1, perSeconds: 3_600 }, batch: { maxEvents: 10 } } : {}),
      });
    for (const name of [...healthy, ...dead, ...slow, ...limited]) await destination(name);

    const sender = flokitSender(gateway.port, credentials.apiKey ?? '');
    const accepted: string[] = [];
    for (let i = 0; i < EVENTS / PER_REQUEST; i++) {
      accepted.push(...(await sender.accepted(Array.from({ length: PER_REQUEST }, () => flokitItem('tick')))));
    }
    await until(() => [...arrived.values()].every(({ size }) => size >= accepted.length), {
      timeoutMs: 60_000,
      what: 'everything to arrive at the healthy ones',
    });
    for (const ids of arrived.values()) expect([...ids].sort()).toEqual([...accepted].sort());
    const { body } = await api.ask('GET', '/destinations?limit=250');
    for (const { id, name } of (body as { readonly data: readonly { readonly id: string; readonly name: string }[] })
      .data) {
      const { waiting, deadLettered } = await api.stats(id);
      const delivered = name.startsWith('limited') ? 10 : 0;
      if (!healthy.includes(name))
        expect({ name, waiting, deadLettered }).toEqual({
          name,
          waiting: accepted.length - delivered,
          deadLettered: 0,
        });
    }
    await gateway.kill();
  }, 120_000);
});
