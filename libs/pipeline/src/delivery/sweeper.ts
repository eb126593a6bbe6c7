import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';
import type { Router } from '../routing/router.service.js';
import type { DeadLetterBudget } from './dead-letter-budget.js';
import { expireDeadLettersScript } from './dead-letter.script.js';
import type { DeliveryQueues } from './delivery-queues.js';
import type { Gatherer } from './gatherer.js';
import type { SettledOutbox } from './settled-outbox.js';

const SWEEP_MS = 1_000;
/** Open batches are given their jobs again every so many sweeps. */
const JOBS_EVERY = 5;
/** Dead letters forgotten for their age in one go. */
const EXPIRED_AT_ONCE = 500;
/** Destinations looked at together. */
const AT_ONCE = 50;

/** Keeps something that is stored within its bound. */
export interface Keeper {
  trim(): Promise<void>;
}

/**
 * Finds what a crash or a lost message left behind: unrouted segments, pending references nobody gathers, batch
 * records without a job, settled segments whose ledger was not told. Every step may be repeated at will.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private stopped = false;
  private round = 0;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly router: Router,
    private readonly gatherer: Gatherer,
    private readonly queues: DeliveryQueues,
    private readonly outbox: SettledOutbox,
    private readonly keepers: readonly Keeper[],
    private readonly deadLetters: DeadLetterBudget,
    private readonly deadLetterMaxAgeSeconds: number,
    private readonly log: Log,
  ) {}

  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().finally(() => this.schedule(SWEEP_MS));
    }, delayMs);
  }

  /** Each step alone: one master of a cluster that is away costs the destinations on the others nothing. */
  private async sweep(): Promise<void> {
    const isFirst = this.round === 0;
    const thorough = this.round++ % JOBS_EVERY === 0;
    // First: where memory is full, nothing that follows can write before this has made room.
    for (const keeper of this.keepers) await this.attempt('what is stored is trimmed later', () => keeper.trim());
    if (thorough) await this.attempt('the bound of dead letters is asked for later', () => this.deadLetters.askBound());
    // Has no end while segments keep coming.
    void this.router.routeAll();
    this.deadLetters.keepOnly(this.configuration.destinations);
    const destinations = [...this.configuration.destinations.values()];
    for (let i = 0; i < destinations.length && !this.stopped; i += AT_ONCE) {
      const visits = destinations.slice(i, i + AT_ONCE).map((destination) =>
        this.attempt('the destination is looked at again', () => this.visit(destination, thorough, isFirst), {
          destinationId: destination.id,
        }),
      );
      await Promise.all(visits);
    }
    if (thorough) await this.attempt('idle queues are closed later', () => this.queues.closeIdle());
  }

  private async attempt(otherwise: string, work: () => Promise<unknown>, subject: object = {}): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.warn({ ...subject, error: String(error) }, `sweep: ${otherwise}`);
    }
  }

  private async visit(destination: Destination, thorough: boolean, isFirst: boolean): Promise<void> {
    const { id } = destination;
    const state = destinationKeys.state(id);
    const fields = ['pending', 'open', 'unjudged', 'dead', 'deadBytes', 'deadFull'] as const;
    const [pending, open, unjudged, dead, deadBytes, deadFull] = await this.redis.shared.hmget(state, ...fields);
    this.deadLetters.note(id, Number(deadBytes ?? 0));
    const isFull = this.deadLetters.isFull(id) ? '1' : '0';
    // For the trace, which may be asked of a process that does not deliver.
    if (isFull !== (deadFull ?? '0')) await this.redis.shared.hset(state, 'deadFull', isFull);
    if (Number(unjudged ?? 0) > 0) {
      const subject = { destinationId: id };
      await this.attempt('what is held is judged later', () => this.router.judge(destination), subject);
    }
    if (Number(pending ?? 0) > 0) await this.gatherer.gather(destination);
    if (Number(open ?? 0) > 0) this.queues.work(id, destination.concurrency);
    if (!thorough) return;
    if (Number(open ?? 0) > 0) {
      const batchIds = await this.redis.shared.zrange(destinationKeys.batches(id), 0, '-1');
      await this.queues.add(id, destination.concurrency, batchIds);
      await this.queues.keepBound(id, destination.concurrency);
    }
    // What it was held for may have changed while nobody was there to be told.
    if (isFirst) await this.queues.hurry(id);
    await this.outbox.sweep(id);
    if (Number(dead ?? 0) > 0) await this.expireDeadLetters(id);
  }

  private async expireDeadLetters(id: string): Promise<void> {
    const keys = [destinationKeys.deadLetters(id), destinationKeys.deadLetterOrder(id), destinationKeys.state(id)];
    const before = Date.now() - this.deadLetterMaxAgeSeconds * 1_000;
    await expireDeadLettersScript.run(this.redis.shared, keys, [before, EXPIRED_AT_ONCE]);
  }
}
