import type { Configuration, Destination } from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys, SHARD_COUNT } from '../keys.js';
import { timeOfSegment } from '../segment/segment-id.js';
import { standingScript } from './standing.script.js';

export interface Standing {
  readonly destinationId: string;
  readonly paused: boolean;
  readonly breakerOpen: boolean;
  /** Events not settled. */
  readonly queued: number;
  readonly deadLetters: number;
  /** When the oldest event that is not settled was accepted (ms); undefined: none waits. */
  readonly oldestAt: number | undefined;
}

/** The gauges of one scrape share one look. */
const SAME_LOOK_MS = 500;

/** How every destination stands, as Redis has it: one short script a destination. */
export class DestinationStandings {
  private latest: Promise<readonly Standing[]> | undefined;
  private latestAt = 0;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
  ) {}

  /** Rejects when Redis does not answer. */
  look(): Promise<readonly Standing[]> {
    const now = Date.now();
    if (this.latest === undefined || now - this.latestAt > SAME_LOOK_MS) {
      this.latestAt = now;
      this.latest = Promise.all([...this.configuration.destinations.values()].map((one) => this.read(one)));
    }
    return this.latest;
  }

  private async read({ id, paused }: Destination): Promise<Standing> {
    const keys = [
      destinationKeys.state(id),
      destinationKeys.pending(id),
      destinationKeys.batches(id),
      destinationKeys.batch(id, ''),
      destinationKeys.user(id, ''),
      destinationKeys.ready(id, ''),
    ];
    const reply = (await standingScript.run(this.redis.shared, keys, [SHARD_COUNT])) as readonly (number | string)[];
    const [queued = 0, deadLetters = 0, breaker = 0, ...segmentIds] = reply;
    const times = segmentIds.flatMap((segmentId) => (segmentId === '' ? [] : timeOfSegment(String(segmentId))));
    return {
      destinationId: id,
      paused: paused !== null,
      breakerOpen: breaker === 1,
      queued: Number(queued),
      deadLetters: Number(deadLetters),
      oldestAt: times.length === 0 ? undefined : Math.min(...times),
    };
  }
}
