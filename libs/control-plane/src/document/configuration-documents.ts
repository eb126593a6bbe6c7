import { Injectable } from '@nestjs/common';
import type { Author } from '../audit/author.js';
import { ConfigurationService } from '../configuration.service.js';
import { ConfigurationWriter } from '../configuration-writer.js';
import { DestinationCheck } from '../rules/destination-check.js';
import type { DocumentChange } from '../store/configuration.store.js';
import { SnapshotReader } from '../store/snapshot-reader.js';
import type { ConfigurationDocument, DocumentDifference } from './configuration-document.js';
import { differenceOf } from './document-difference.js';
import { DocumentPlanner } from './document-planner.js';

/** A document worked out against one revision of the store. */
export interface PlannedDocument {
  readonly revision: number;
  readonly changes: readonly DocumentChange[];
  readonly difference: DocumentDifference;
  /** Destinations whose type changes. */
  readonly retyped: readonly string[];
}

/** The whole configuration written at once: all of a document or nothing of it. */
@Injectable()
export class ConfigurationDocuments {
  constructor(
    private readonly configuration: ConfigurationService,
    private readonly writer: ConfigurationWriter,
    private readonly planner: DocumentPlanner,
    private readonly reader: SnapshotReader,
    private readonly check: DestinationCheck,
  ) {}

  /** Writes nothing. Throws ConfigurationError with every fault of the document. */
  async plan(document: ConfigurationDocument): Promise<PlannedDocument> {
    const snapshot = await this.configuration.refresh();
    const planned = this.planner.plan(snapshot, document);
    const after = this.reader.apply(snapshot, planned.changes, snapshot.revision);
    const difference = differenceOf(snapshot, after, planned, ({ settings, destination }) =>
      this.check.missingCredentials(settings.type, destination.credentials).flatMap(({ missing }) => missing ?? []),
    );
    const retyped = [...snapshot.storedDestinations].flatMap(([id, { settings }]) => {
      const type = after.storedDestinations.get(id)?.settings.type;
      return type === undefined || type === settings.type ? [] : [id];
    });
    return { revision: snapshot.revision, changes: planned.changes, difference, retyped };
  }

  /** False: the configuration has changed since it was planned, and nothing was written. */
  write(author: Author, { revision, changes }: PlannedDocument): Promise<boolean> {
    return this.writer.change(author, (latest) =>
      latest.revision === revision ? { changes, result: () => true } : { changes: [], result: () => false },
    );
  }
}
