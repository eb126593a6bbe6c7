import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  admin,
  flokitItem,
  flokitItems,
  openLine,
  projectRoot,
  startGateway,
  startSink,
  until,
  type Gateway,
} from '../support/index.js';
import { seriesIn, usedSeries } from '../support/promql.js';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const dashboard = JSON.parse(read('deploy/grafana/event-gateway.json')) as { readonly panels: readonly Panel[] };
const rules = (
  parse(read('deploy/prometheus/alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
).groups.flatMap((group) => group.rules);
const scaling = parse(read('deploy/kubernetes/autoscaling/worker-scaling.yaml')) as {
  readonly spec: { readonly triggers: readonly { readonly metadata: { readonly query: string } }[] };
};

/** An expression, and the words shown beside it, which may name labels in braces. */
const expressions: readonly (readonly [place: string, expression: string, words: string])[] = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => [`dashboard: ${title}`, expr, legendFormat] as const),
  ),
  ...rules.map(({ alert, expr, annotations }) => [`alert: ${alert}`, expr, annotations.summary] as const),
  ...scaling.spec.triggers.map(({ metadata }) => ['autoscaling', metadata.query, ''] as const),
];

/** What Prometheus adds to every scrape. */
const OF_PROMETHEUS = ['up'];
const LABELS_OF_PROMETHEUS = ['job', 'instance'];

/** Delivered, dead, refused, paused and short of some: everything that has a series has happened once. */
async function someOfEverything(gateway: Gateway): Promise<void> {
  const control = admin(gateway);
  const line = await openLine(gateway);
  line.sink.replyWith(({ body }) => ({ status: body.includes('poison') ? 400 : 200 }));
  await control.createDestination({ id: 'away', config: { url: line.sink.url } });
  await control.ask('POST', '/destinations/away/pause');
  const short = await startSink({ reply: () => ({ status: 200, body: '{"status":"ok","accepted":0}' }) });
  await control.createDestination({
    type: 'kixo',
    config: { baseUrl: short.url, bundleId: 'org.sample.shop', platform: 'web' },
    credentials: { projectId: 'kx_proj_1', apiKey: 'kx_key_1' },
  });
  await line.sender.accepted(flokitItems('load', 20));
  await line.sender.accepted([flokitItem('poison')]);
  await line.sender.batch([flokitItem('')]);
  await line.sender.ask({ path: '/v1/batch/events', headers: { Authorization: 'Bearer nobody' }, body: '{}' });
  await until(async () => (await line.stats()).deadLettered === 1);
  await until(() => short.requests.length > 0);
}

let series: ReadonlyMap<string, ReadonlySet<string>>;
beforeAll(async () => {
  const gateway = await startGateway();
  await someOfEverything(gateway);
  series = seriesIn(await (await fetch(`${gateway.baseUrl}/metrics`)).text());
});

describe('what is shown and watched', () => {
  it('is a dashboard, rules and a scaling rule', () => {
    expect(dashboard.panels.length).toBeGreaterThan(20);
    expect(rules.length).toBeGreaterThan(10);
    expect(new Set(expressions.map(([place]) => place.split(':')[0]))).toEqual(
      new Set(['dashboard', 'alert', 'autoscaling']),
    );
  });

  it.each(expressions)('%s uses series and labels that exist', (_place, expression, words) => {
    const { names, labels } = usedSeries(expression);
    const known = new Set([...LABELS_OF_PROMETHEUS, ...names.flatMap((name) => [...(series.get(name) ?? [])])]);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !series.has(name) && !OF_PROMETHEUS.includes(name))).toEqual([]);
    const shown = [...words.matchAll(/\{\{ *(?:\$labels\.)?(\w+) *\}\}/g)].map(([, label = '']) => label);
    expect([...labels, ...shown].filter((label) => !known.has(label))).toEqual([]);
  });

  it('leaves no series of the gateway unseen', () => {
    const used = new Set(expressions.flatMap(([, expression]) => usedSeries(expression).names.map(withoutPart)));
    const own = [...series.keys()].filter((name) => name.startsWith('gateway_')).map(withoutPart);
    const unseen = [...new Set(own)].filter((name) => !used.has(name));
    expect(unseen).toEqual(['gateway_redis_clock_offset_seconds']);
  });

  it('is explained in the operations guide, alert by alert', () => {
    const guide = read('docs/operations.md');
    expect(rules.filter(({ alert }) => !guide.includes(`\`${alert}\``)).map(({ alert }) => alert)).toEqual([]);
  });
});

/** A histogram is one series to its readers. */
function withoutPart(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}
