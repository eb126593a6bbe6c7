import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  eventsAt,
  flokitItem,
  metricOf,
  openLine,
  report,
  startGateway,
  until,
  type FlokitBatchAnswer,
  type FlokitItem,
  type Gateway,
  type Line,
} from '../support/index.js';

const rounds = Number(process.env.FAULT_ROUNDS ?? 5);
const clients = 8;
const batchSizes = [1, 3, 20, 100, 7, 50] as const;

/** A request that must be sent until it is answered, under its key; without a key it is sent once. */
interface Request {
  readonly items: readonly FlokitItem[];
  readonly key?: string;
}

let tags = 0;

/** Every item has a tag of its own: an event that came in twice under two ids would show. */
function newRequest(number: number): Request {
  const size = batchSizes[number % batchSizes.length] ?? 1;
  const items = Array.from({ length: size }, () => flokitItem('load', { properties: { tag: `tag-${(tags += 1)}` } }));
  return number % 2 === 0 ? { items } : { items, key: `key-${randomBytes(8).toString('hex')}` };
}

class Load {
  /** Tag by the id that was acknowledged for it. */
  readonly acknowledged = new Map<string, string>();
  requests = 0;
  private unanswered: Request[] = [];

  constructor(private readonly line: Line) {}

  /** Sends from several clients at once until nobody answers any more. */
  async run(): Promise<void> {
    const retries = this.unanswered;
    this.unanswered = [];
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let n = client; ; n += 1) {
          const request = retries.pop() ?? newRequest(n);
          if (!(await this.send(request))) return;
        }
      }),
    );
    this.unanswered.push(...retries);
  }

  /** Repeats what has a key and was not answered. */
  async finish(): Promise<void> {
    for (const request of this.unanswered) {
      await until(() => this.send(request), { what: 'a repeated request to be answered' });
    }
  }

  private async send(request: Request): Promise<boolean> {
    const { items, key } = request;
    this.requests += 1;
    try {
      const answer = await this.line.sender.batch(items, key === undefined ? {} : { 'Idempotency-Key': key });
      if (answer.status === 503) throw new Error('not kept');
      if (answer.status !== 200) throw new RangeError(`answered ${answer.status}: ${answer.text}`);
      const { event_ids: ids } = JSON.parse(answer.text) as FlokitBatchAnswer;
      ids.forEach((id, i) => this.acknowledged.set(id, String(items[i]?.properties?.tag)));
      return true;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if (key !== undefined && !this.unanswered.includes(request)) this.unanswered.push(request);
      return false;
    }
  }
}

describe('a gateway under load that is killed with -9, again and again', () => {
  it(
    `${rounds} times on one data folder, loses no event that it acknowledged`,
    async () => {
      let gateway = await startGateway();
      const line = await openLine(gateway, { batch: { maxEvents: 200, maxWaitMs: 20 } });
      line.sink.replyWith(() => ({ status: 200, delayMs: 10 }));
      const load = new Load(line);
      for (let round = 0; round < rounds; round += 1) {
        const before = load.acknowledged.size;
        const running = load.run();
        await until(() => load.acknowledged.size > before, { what: 'the first answer of the round' });
        // At another moment each time: appended, routed, gathered, sent or settled.
        await delay((round * 137) % 500);
        await gateway.kill();
        await running;
        gateway = await startGateway({ dataDir: gateway.dataDir, port: gateway.port });
      }
      await load.finish();
      await nothingWaits(gateway, line);
      const seen = summarize(line);
      const lost = [...load.acknowledged.keys()].filter((id) => !seen.has(id));
      const copies = [...seen.values()].reduce((sum, { count }) => sum + count, 0);
      report(
        `${rounds} kills: ${load.requests} requests, ${load.acknowledged.size} events acknowledged, ${lost.length} lost, ` +
          `${seen.size} delivered, ${copies - seen.size} of them again under the same id`,
      );
      expect(lost).toEqual([]);
      for (const [id, tag] of load.acknowledged) expect([id, seen.get(id)?.tag]).toEqual([id, tag]);
      expect(new Set([...seen.values()].map(({ tag }) => tag)).size).toBe(seen.size);
      expect(await line.stats()).toMatchObject({ delivered: seen.size, waiting: 0, retrying: 0, deadLettered: 0 });
    },
    60_000 + rounds * 10_000,
  );
});

/** What the killed ones held is taken over when their leases end. */
async function nothingWaits(gateway: Gateway, line: Line): Promise<void> {
  const isIdle = async (): Promise<boolean> =>
    (await metricOf(gateway, 'gateway_unrouted_segments')) === 0 &&
    (await metricOf(gateway, 'gateway_queued_bytes')) === 0 &&
    (await line.stats()).waiting === 0;
  await until(isIdle, { timeoutMs: 60_000, what: 'everything to be settled and its space to be freed' });
}

/** What arrived, by id. Throws where two copies of one id differ. */
function summarize({ sink }: Line): ReadonlyMap<string, { readonly tag: string; readonly count: number }> {
  const seen = new Map<string, { tag: string; count: number }>();
  for (const { id, properties } of eventsAt(sink)) {
    const tag = String(properties.tag);
    const known = seen.get(id);
    if (known && known.tag !== tag) throw new Error(`${id} arrived as ${known.tag} and as ${tag}`);
    seen.set(id, { tag, count: (known?.count ?? 0) + 1 });
  }
  return seen;
}
