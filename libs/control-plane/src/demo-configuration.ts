import { Injectable } from '@nestjs/common';
import { ownAuthor } from './audit/author.js';
import type { DocumentChange } from './store/configuration.store.js';
import { ConfigurationWriter } from './configuration-writer.js';
import { DestinationsService } from './destinations.service.js';
import { DialectCatalogue } from './ports/dialect-catalogue.js';
import { SourcesService } from './sources.service.js';

const DESTINATION_ID = 'demo-log';

/** One source per dialect and a `log` destination, so that a newcomer's first request visibly arrives somewhere. */
@Injectable()
export class DemoConfiguration {
  constructor(
    private readonly writer: ConfigurationWriter,
    private readonly sources: SourcesService,
    private readonly destinations: DestinationsService,
    private readonly dialects: DialectCatalogue,
  ) {}

  /** Only in a store that nothing was ever written to; several processes may ask at once. True: it was created here. */
  createInEmptyStore(): Promise<boolean> {
    return this.writer.change(ownAuthor('quickstart'), (snapshot) => {
      if (snapshot.revision !== 0) return { changes: [], result: () => false };
      const sources = this.dialects
        .names()
        .map((dialect) =>
          this.sources.planPut(snapshot, demoSourceId(dialect), { name: `Demo ${dialect}`, dialect, enabled: true }),
        );
      const log = this.destinations.planPut(
        snapshot,
        DESTINATION_ID,
        { name: 'Demo log', type: 'log', config: {} },
        'refuse',
      );
      const changes = [...sources, log].flatMap((plan): readonly DocumentChange[] => plan.changes);
      return { changes, result: () => true };
    });
  }
}

/** The id of the source that a fresh store gets for a dialect. */
export function demoSourceId(dialect: string): string {
  return `demo-${dialect}`;
}
