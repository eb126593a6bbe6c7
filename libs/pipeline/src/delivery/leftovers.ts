import type { Configuration, DeletedDestinations, DeliveryOperations } from '#control-plane';
import type { Log } from '#platform';

const LOOK_MS = 5_000;
/** Whoever deletes a destination discards what waits for it well within this, in milliseconds. It was created before. */
const IDLE_MS = 10_000;

/**
 * Discards what deleted destinations left behind, should the process that deleted them have stopped in between. Every
 * deletion is seen to once more: where nothing was left, that changes nothing.
 */
export class Leftovers {
  private timer: NodeJS.Timeout | undefined;
  private clearing: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly configuration: Configuration,
    private readonly deleted: DeletedDestinations,
    private readonly deliveries: Pick<DeliveryOperations, 'discard'>,
    private readonly log: Log,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.clearing = this.clear().finally(() => this.start());
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.clearing;
  }

  /** Sees to every deleted destination that has been left alone for a while. Never rejects. */
  async clear(idleMs = IDLE_MS): Promise<void> {
    try {
      if (!this.configuration.loaded) return;
      for (let ids = await this.deleted.take(idleMs); ids.length > 0; ids = await this.deleted.take(idleMs)) {
        for (const id of ids) {
          if (this.stopped) return;
          await this.clearOne(id);
        }
      }
    } catch (error) {
      this.log.warn({ error: String(error) }, 'what deleted destinations left behind is looked for again');
    }
  }

  private async clearOne(id: string): Promise<void> {
    try {
      // Whoever deleted it may have come to the end meanwhile, and somebody else have used its id again.
      const isBack = this.configuration.destinations.has(id) || !(await this.deleted.has(id));
      // Not discarded, it was created so lately that it might be another: the next look tells.
      if (isBack || (await this.deliveries.discard(id, Date.now() - IDLE_MS))) await this.deleted.cleared(id);
    } catch (error) {
      this.log.warn({ destinationId: id, error: String(error) }, 'what the destination left behind is discarded later');
    }
  }
}
