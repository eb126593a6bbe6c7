import { parser } from '@prometheus-io/lezer-promql';

export interface UsedSeries {
  /** Every series an expression names. */
  readonly names: readonly string[];
  /** Every label in its matchers and groupings. */
  readonly labels: readonly string[];
}

/** What an expression of Prometheus' query language is about. Throws where it is none. */
export function usedSeries(expression: string): UsedSeries {
  // Grafana puts a duration in its place.
  const text = expression.replaceAll('$__rate_interval', '5m');
  const names: string[] = [];
  const labels: string[] = [];
  parser.parse(text).iterate({
    enter: ({ name, type, from, to, node }) => {
      const word = text.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at "${text.slice(from)}": ${text}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(word);
      if (name === 'LabelName') labels.push(word);
    },
  });
  return { names, labels };
}

/** Label names by series, as a scrape shows them; `le` of histograms among them. */
export function seriesIn(metrics: string): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of metrics.matchAll(/^([a-z_][\w:]*)(?:\{(.*)\})? \S+$/gim)) {
    const known = series.get(name) ?? new Set<string>();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    series.set(name, known);
  }
  return series;
}
