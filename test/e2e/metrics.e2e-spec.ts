import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  admin,
  flokitItem,
  flokitItems,
  openLine,
  projectRoot,
  startGateway,
  until,
  type Gateway,
} from '../support/index.js';

interface Series {
  readonly kind: string;
  readonly labels: readonly string[];
}

const OWN = /^gateway_/;
const HISTOGRAM_PARTS = /_(bucket|sum|count)$/;

/** Rows `| \`name\` | kind, whose | \`label\`, … | roles | meaning |` of the page's tables. */
function documented(page: string): ReadonlyMap<string, Series> {
  const rows = [...page.matchAll(/^\| `(gateway_\w+)` \| (\w+), (?:process|shared) \|([^|]*)\|/gm)];
  return new Map(
    rows.map(([, name = '', kind = '', labels = '']) => [
      name,
      { kind, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort() },
    ]),
  );
}

function declared(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', kind = '']) => [name, kind]));
}

/** The labels of every own series that has a sample. */
function sampled(text: string): ReadonlyMap<string, readonly string[]> {
  const samples = [...text.matchAll(/^(gateway_\w+)(?:\{(.*)\})? \S+$/gm)].map(([, name = '', labels = '']) => {
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le');
    return [declared(text).has(name) ? name : name.replace(HISTOGRAM_PARTS, ''), names.sort()] as const;
  });
  return new Map(samples);
}

describe('the metrics', () => {
  let gateway: Gateway;
  let page: string;
  const scrape = async (): Promise<string> => (await fetch(`${gateway.baseUrl}/metrics`)).text();
  const value = async (series: string): Promise<string | undefined> =>
    (await scrape())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1);

  beforeAll(async () => {
    gateway = await startGateway({ env: { LOG_LEVEL: 'error' } });
    page = await readFile(join(projectRoot, 'docs/metrics.md'), 'utf8');
  });

  it('are the ones that docs/metrics.md lists, of the kind it says', async () => {
    const text = await scrape();
    const own = [...declared(text)].filter(([name]) => OWN.test(name)).sort();
    expect(own.length).toBeGreaterThan(20);
    expect(own).toEqual([...documented(page)].map(([name, { kind }]) => [name, kind]).sort());
    const runtime = [...declared(text).keys()].filter((name) => !OWN.test(name));
    expect(runtime.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('tell what came in, what waits and for how long, with the labels of the page', async () => {
    const line = await openLine(gateway, { id: 'crm' });
    await line.sender.accepted(flokitItems('first', 3));
    await line.sender.batch([flokitItem('bad', { timestamp: 'yesterday' })]);
    await line.settled();
    expect(await value('gateway_events_accepted_total{dialect="flokit"}')).toBe('4');
    expect(await value('gateway_deliveries_total{destination="crm",outcome="delivered"}')).toBe('4');
    expect(await value('gateway_queued_events{destination="(others)"}')).toBe('0');
    expect(await value('gateway_queued_events{destination="crm"}')).toBeUndefined();

    await admin(gateway).ask('POST', '/destinations/crm/pause');
    await line.sender.accepted(flokitItems('held', 5));
    await until(async () => (await value('gateway_queued_events{destination="crm"}')) === '5');
    expect(Number(await value('gateway_oldest_waiting_seconds{destination="crm"}'))).toBeGreaterThan(0);
    expect(await value('gateway_destinations{state="paused"}')).toBe('1');
    expect(await value('gateway_redis_up')).toBe('1');
    const seen = sampled(await scrape());
    for (const [name, labels] of seen) expect([name, labels]).toEqual([name, documented(page).get(name)?.labels]);
    const silent = [...documented(page).keys()].filter((name) => !seen.has(name));
    // Neither a refused request, nor a vendor that answers with a count only.
    expect(silent).toEqual(['gateway_requests_refused_total', 'gateway_delivery_shortfall_events_total']);
  });

  it('count what became a dead letter without a try', async () => {
    const line = await openLine(gateway, { id: 'brim', maxQueuedBytes: 1 });
    await line.sender.accepted(flokitItems('too many', 7));
    await until(async () => (await line.stats()).deadLettered === 7, { what: 'them to be dead letters' });
    expect(await value('gateway_deliveries_total{destination="brim",outcome="dead_lettered"}')).toBe('7');
  });

  it('name the hundred largest of a thousand destinations and sum up the rest', async () => {
    const control = admin(gateway);
    const source = await control.createSource({ name: 'Many' });
    const destinations = Array.from({ length: 120 }, (_, n) => ({
      id: `many-${n}`,
      name: `Many ${n}`,
      type: 'log',
      config: {},
      match: { sources: [source.id], ...(n < 60 ? {} : { events: ['seldom'] }) },
      paused: true,
    }));
    await Promise.all(destinations.map((destination) => control.createDestination(destination)));
    const line = await openLine(gateway);
    const post = async (event: string): Promise<void> => {
      const response = await fetch(`${gateway.baseUrl}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${source.credentials.apiKey ?? ''}`, 'content-type': 'application/json' },
        body: JSON.stringify(flokitItem(event)),
      });
      expect(response.status).toBe(200);
    };
    await post('often');
    await post('seldom');
    await line.settled();
    // 60 wait for two events, 60 for one, and crm of the case before for five: 101 of them have one of the 100 names.
    await until(async () => {
      const text = await scrape();
      const values = [...text.matchAll(/^gateway_queued_events\{destination="(.*)"\} (\d+)$/gm)];
      const total = values.reduce((sum, [, , count]) => sum + Number(count), 0);
      return total === 5 + 60 * 2 + 60 && values.length === 101;
    });
    expect(await value('gateway_queued_events{destination="(others)"}')).toBe('21');
  });
});
