import type { Configuration, Destination, DestinationStats, PauseReason, Source } from '#control-plane';
import type { RedisConnections } from '#platform';
import { readStats } from '../delivery/destination-stats.js';
import type { DestinationStandings } from '../metrics/destination-standings.js';
import type { QueuedBudget } from '../intake/queued-budget.js';
import { ALL_SHARDS, destinationKeys, shardKeys } from '../keys.js';

export interface SourceOverview {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly enabled: boolean;
  /** Events taken since the source sent its first one. */
  readonly accepted: number;
}

export interface DestinationOverview extends DestinationStats {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly paused: PauseReason | null;
  /** When the oldest event that waits was accepted; null: none does. */
  readonly waitingSince: string | null;
}

/** Everything at a glance. Counts only grow, so two looks give a rate. */
export interface Overview {
  readonly at: string;
  /** Of all sources, deleted ones included. */
  readonly accepted: number;
  readonly queuedBytes: number;
  readonly maxQueuedBytes: number;
  /** Segments that wait to be fanned out. */
  readonly unroutedSegments: number;
  readonly sources: readonly SourceOverview[];
  readonly destinations: readonly DestinationOverview[];
}

/** However many watch: one look serves all who ask within this time. */
const FRESH_MS = 900;

/** The state of the whole data path, read from Redis in one go. */
export class OverviewReader {
  private latest: { readonly at: number; readonly overview: Promise<Overview> } | undefined;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly budget: QueuedBudget,
    private readonly standings: DestinationStandings,
  ) {}

  read(now: number): Promise<Overview> {
    if (this.latest && now - this.latest.at < FRESH_MS) return this.latest.overview;
    const overview = this.look(now);
    this.latest = { at: now, overview };
    overview.catch(() => (this.latest = undefined));
    return overview;
  }

  private async look(now: number): Promise<Overview> {
    // Sent together without waiting for each other; a pipeline could not span the nodes of a cluster.
    const [counters, unrouted, states, standings] = await Promise.all([
      Promise.all(ALL_SHARDS.map((shard) => this.redis.shared.hgetall(shardKeys.counters(shard)))),
      Promise.all(ALL_SHARDS.map((shard) => this.redis.shared.zcard(shardKeys.unrouted(shard)))),
      Promise.all([...this.configuration.destinations.values()].map((destination) => this.state(destination))),
      this.standings.look(),
    ]);
    const oldestAt = new Map(standings.map((standing) => [standing.destinationId, standing.oldestAt]));
    const total = (field: string): number => sum(counters.map((shard) => Number(shard[field] ?? 0)));
    return {
      at: new Date(now).toISOString(),
      accepted: total('events'),
      queuedBytes: this.budget.queuedBytes,
      maxQueuedBytes: this.budget.maxBytes,
      unroutedSegments: sum(unrouted),
      sources: [...this.configuration.sources.values()].map((source) => viewSource(source, total(`from:${source.id}`))),
      destinations: states.map(([destination, state]) =>
        viewDestination(destination, state, oldestAt.get(destination.id), now),
      ),
    };
  }

  private async state(destination: Destination): Promise<readonly [Destination, Readonly<Record<string, string>>]> {
    return [destination, await this.redis.shared.hgetall(destinationKeys.state(destination.id))];
  }
}

function viewDestination(
  destination: Destination,
  state: Readonly<Record<string, string>>,
  oldestAt: number | undefined,
  now: number,
): DestinationOverview {
  const waitingSince = oldestAt === undefined ? null : new Date(oldestAt).toISOString();
  const { id, name, type, paused } = destination;
  return { id, name, type, paused, waitingSince, ...readStats(state, destination, now) };
}

function viewSource({ id, name, dialect, enabled }: Source, accepted: number): SourceOverview {
  return { id, name, dialect, enabled, accepted };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
