import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  AuditLog,
  ConfigurationError,
  DeletedDestinations,
  DeliveryOperations,
  type Author,
  type Destination,
} from '#control-plane';

/** Processes' clocks differ by less, in milliseconds: what is created after a discard must not seem to be what it is about. */
const CLOCKS_DIFFER_MS = 10_000;

const AGAIN_MS = 500;

/** What follows on the deletion of a destination. */
@Injectable()
export class Discarding {
  constructor(
    private readonly deliveries: DeliveryOperations,
    private readonly deleted: DeletedDestinations,
    private readonly audit: AuditLog,
  ) {}

  /** Drops what waits for it, with an entry in the audit log. Only then can its id be used again. */
  async discard(author: Author, { id, createdAt }: Pick<Destination, 'id' | 'createdAt'>): Promise<void> {
    const act = { action: 'discard', target: { kind: 'destination', id } };
    await this.audit.around(author, act, () => this.deliveries.discard(id, Date.parse(createdAt)));
    await this.deleted.cleared(id);
  }

  /**
   * Writes once nothing is left of deleted destinations whose ids are used again: whoever deleted them may have stopped.
   * `write` says anew each time when a destination is created.
   */
  async before<T>(write: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + 2 * CLOCKS_DIFFER_MS;
    for (;;) {
      try {
        return await write();
      } catch (error) {
        const isOver = Date.now() > deadline;
        if (isOver || !(error instanceof ConfigurationError) || error.fault.kind !== 'being_discarded') throw error;
        const { id } = error.fault;
        if (await this.deliveries.discard(id, Date.now() - CLOCKS_DIFFER_MS)) await this.deleted.cleared(id);
        // Created so lately that it might be the one to come.
        else await sleep(AGAIN_MS);
      }
    }
  }
}
