import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From half a millisecond to half a minute, in seconds. */
export const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Prometheus series under one registry. Injectable. A name may be asked for from several places: the first call
 * declares the series, later ones get the same.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly gauges = new Map<string, Gauge>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string = string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    return remember(this.counters, name, () => new Counter({ ...this.series(name, help), labelNames: labels }));
  }

  /** `buckets` are upper bounds in the unit of the name; latencies in seconds without it. */
  histogram<L extends string = string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    buckets: readonly number[] = LATENCY_BUCKETS,
  ): Histogram<L> {
    return remember(
      this.histograms,
      name,
      () => new Histogram({ ...this.series(name, help), labelNames: labels, buckets: [...buckets] }),
    );
  }

  /** `collect` runs at every scrape and sets the values; its failure leaves the series out of that scrape. */
  gauge<L extends string = string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L> {
    return remember(this.gauges, name, () => {
      const gauge: Gauge<L> = new Gauge({
        ...this.series(name, help),
        labelNames: labels,
        ...(collect ? { collect: () => collectOrReset(gauge, collect) } : {}),
      });
      return gauge;
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private series(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name, help, registers: [this.registry] };
  }
}

async function collectOrReset<L extends string>(
  gauge: Gauge<L>,
  collect: (gauge: Gauge<L>) => void | Promise<void>,
): Promise<void> {
  try {
    await collect(gauge);
  } catch {
    gauge.reset();
  }
}

function remember<T extends object, S extends T>(known: Map<string, T>, name: string, declare: () => S): S {
  const existing = known.get(name);
  // One name is declared with one set of labels everywhere: the map only knows the general type.
  if (existing) return existing as S;
  const declared = declare();
  known.set(name, declared);
  return declared;
}
