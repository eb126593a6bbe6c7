import type { Log } from '#platform';
import type { Overview, OverviewReader } from './overview.js';

/** The counts of the whole gateway at one moment. */
export interface ThroughputSample {
  readonly at: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly waiting: number;
}

const STEP_MS = 10_000;
const KEPT_SAMPLES = (6 * 3_600_000) / STEP_MS;

/** What came and went in the last hours, as far as this process has been there to see it. */
export class ThroughputHistory {
  readonly stepSeconds = STEP_MS / 1_000;
  private readonly kept: ThroughputSample[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly reader: OverviewReader,
    private readonly log: Log,
  ) {}

  /** Oldest first. */
  get samples(): readonly ThroughputSample[] {
    return this.kept;
  }

  start(): void {
    this.timer = setInterval(() => void this.sample(), STEP_MS).unref();
    void this.sample();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async sample(): Promise<void> {
    try {
      this.kept.push(sampleOf(await this.reader.read(Date.now())));
      if (this.kept.length > KEPT_SAMPLES) this.kept.shift();
    } catch (error) {
      this.log.debug({ error }, 'the throughput could not be read');
    }
  }
}

function sampleOf({ at, accepted, destinations }: Overview): ThroughputSample {
  const total = (field: 'delivered' | 'deadLettered' | 'waiting'): number =>
    destinations.reduce((sum, destination) => sum + destination[field], 0);
  return {
    at,
    accepted,
    delivered: total('delivered'),
    deadLettered: total('deadLettered'),
    waiting: total('waiting'),
  };
}
