import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  AuditLog,
  ConfigurationDocuments,
  ConfigurationError,
  DeliveryOperations,
  DestinationsService,
  SourcesService,
  type Author,
  type ConfigurationDocument,
  type PlannedDocument,
} from '#control-plane';
import { viewDestination, type DestinationView } from '../destinations/destination.view.js';
import { problem, ProblemError } from '../http/problem.js';
import { viewSource, type SourceView } from '../sources/source.view.js';
import { showDifference, type DifferenceView } from './difference.view.js';

export interface ConfigurationView {
  readonly sources: readonly SourceView[];
  readonly destinations: readonly DestinationView[];
}

export interface ApplyChoices {
  /** Only tells what would change. */
  readonly dryRun: boolean;
  /** Events that wait for a destination which the document does not name are dropped. */
  readonly discard: boolean;
}

const MAX_ROUNDS = 30;
const MAX_PAUSE_MS = 50;

/** The whole configuration as one document. */
@Injectable()
export class ConfigService {
  constructor(
    private readonly sources: SourcesService,
    private readonly destinations: DestinationsService,
    private readonly documents: ConfigurationDocuments,
    private readonly deliveries: DeliveryOperations,
    private readonly audit: AuditLog,
  ) {}

  async export(): Promise<ConfigurationView> {
    const [sources, destinations] = [await this.sources.list(), await this.destinations.list()];
    return {
      sources: sources.map((stored) => viewSource(stored)),
      destinations: destinations.map((stored) => viewDestination(stored)),
    };
  }

  /** All of it or nothing. Throws ConfigurationError with every fault, or ProblemError while events wait. */
  async apply(
    author: Author,
    document: ConfigurationDocument,
    { dryRun, discard }: ApplyChoices,
  ): Promise<DifferenceView> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const planned = await this.documents.plan(document);
      const removed = planned.difference.deleted.filter(({ kind }) => kind === 'destination').map(({ id }) => id);
      const waiting = await this.waitingFor([...removed, ...planned.retyped]);
      const createdAt = await this.creationTimes();
      if (dryRun) return showDifference(planned.difference, waiting, 'planned');
      assertNothingIsLost(planned, waiting, discard);
      if (await this.documents.write(author, planned)) {
        for (const id of removed) {
          const act = { action: 'discard', target: { kind: 'destination', id } };
          await this.audit.around(author, act, () => this.deliveries.discard(id, createdAt.get(id) ?? 0));
        }
        return showDifference(planned.difference, waiting, 'written');
      }
      await sleep(Math.random() * MAX_PAUSE_MS);
    }
    throw new ConfigurationError({ kind: 'busy' });
  }

  /** By destination, in milliseconds since 1970. */
  private async creationTimes(): Promise<ReadonlyMap<string, number>> {
    const destinations = await this.destinations.list();
    return new Map(destinations.map(({ destination: { id, createdAt } }) => [id, Date.parse(createdAt)]));
  }

  /** Only those that something waits for. */
  private async waitingFor(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(ids.map(async (id) => [id, (await this.deliveries.stats(id)).waiting] as const));
    return new Map(counts.filter(([, waiting]) => waiting > 0));
  }
}

/** What waits was formed for the type its destination has: another type may not find it, whatever may be dropped. */
function assertNothingIsLost(
  { retyped }: PlannedDocument,
  waiting: ReadonlyMap<string, number>,
  discard: boolean,
): void {
  const held = [...waiting].filter(([id]) => !discard || retyped.includes(id));
  if (held.length === 0) return;
  const sentences = held.map(([id, count]) => {
    const advice = retyped.includes(id) ? 'its type cannot change until then' : 'give ?discard=true to drop them';
    return `${count} events wait for the destination "${id}": ${advice}.`;
  });
  const total = held.reduce((sum, [, count]) => sum + count, 0);
  throw new ProblemError(problem(409, 'events_waiting', sentences.join(' '), { waiting: total }));
}
