import { Injectable } from '@nestjs/common';
import { AuditLog, DeletedDestinations, DeliveryOperations, type Author, type Destination } from '#control-plane';

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
}
