import type { Overview } from './types';

/** Events a second, by id; undefined (or absent) until two looks have been taken. */
export interface Rates {
  readonly accepted: number | undefined;
  readonly delivered: number | undefined;
  readonly bySource: ReadonlyMap<string, number>;
  readonly byDestination: ReadonlyMap<string, number>;
}

interface Sample {
  readonly atMs: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly bySource: ReadonlyMap<string, number>;
  readonly byDestination: ReadonlyMap<string, number>;
}

/** Long enough to be calm, short enough to be now. */
const WINDOW_MS = 10_000;
/** Pages that look seldom have nothing younger; what is older says nothing about now. */
const MAX_AGE_MS = 30_000;
const NO_RATES: Rates = { accepted: undefined, delivered: undefined, bySource: new Map(), byDestination: new Map() };

/** Turns counts that only grow into rates over the last seconds. */
export class RateMeter {
  private samples: readonly Sample[] = [];

  add(overview: Overview): Rates {
    const latest = sampleOf(overview);
    const before = this.samples.filter(({ atMs }) => atMs < latest.atMs && latest.atMs - atMs <= MAX_AGE_MS);
    const recent = before.filter(({ atMs }) => latest.atMs - atMs <= WINDOW_MS);
    this.samples = [...(recent.length > 0 ? recent : before.slice(-1)), latest];
    const [first] = this.samples;
    if (!first || first === latest) return NO_RATES;
    const seconds = (latest.atMs - first.atMs) / 1_000;
    return {
      accepted: rate(first.accepted, latest.accepted, seconds),
      delivered: rate(first.delivered, latest.delivered, seconds),
      bySource: ratesOf(first.bySource, latest.bySource, seconds),
      byDestination: ratesOf(first.byDestination, latest.byDestination, seconds),
    };
  }
}

function sampleOf({ at, accepted, sources, destinations }: Overview): Sample {
  return {
    atMs: Date.parse(at),
    accepted,
    delivered: destinations.reduce((sum, { delivered }) => sum + delivered, 0),
    bySource: new Map(sources.map((source) => [source.id, source.accepted])),
    byDestination: new Map(destinations.map((destination) => [destination.id, destination.delivered])),
  };
}

function ratesOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  seconds: number,
): ReadonlyMap<string, number> {
  return new Map([...after].map(([id, count]) => [id, rate(before.get(id) ?? count, count, seconds)]));
}

/** A count that was reset, with its destination for instance, is no negative rate. */
function rate(before: number, after: number, seconds: number): number {
  return Math.max(0, after - before) / seconds;
}
