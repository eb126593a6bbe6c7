import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  ConfigurationDocuments,
  ConfigurationError,
  DeliveryOperations,
  DestinationsService,
  SourcesService,
  type Author,
  type ConfigurationDocument,
  type PlannedDocument,
} from '#control-plane';
import { Discarding } from '../destinations/discarding.js';
import { viewDestination, type DestinationView } from '../destinations/destination.view.js';
import { viewSource, type SourceView } from '../sources/source.view.js';
import { showDifference, type DifferenceView } from './difference.view.js';
import { eventsWait, heldBack, sparing, type WaitingChoice } from './waiting-destinations.js';

export interface ConfigurationView {
  readonly sources: readonly SourceView[];
  readonly destinations: readonly DestinationView[];
}

export interface ApplyChoices {
  /** Only tells what would change. */
  readonly dryRun: boolean;
  readonly waiting: WaitingChoice;
}

export interface AppliedDocument {
  readonly difference: DifferenceView;
  /** Destinations that stay as they are against the document, with the events that wait for them. */
  readonly kept: ReadonlyMap<string, number>;
}

const MAX_ROUNDS = 30;
const MAX_PAUSE_MS = 50;
const NONE: ReadonlyMap<string, number> = new Map();

/** The whole configuration as one document. */
@Injectable()
export class ConfigService {
  constructor(
    private readonly sources: SourcesService,
    private readonly destinations: DestinationsService,
    private readonly documents: ConfigurationDocuments,
    private readonly deliveries: DeliveryOperations,
    private readonly discarding: Discarding,
  ) {}

  async export(): Promise<ConfigurationView> {
    const [sources, destinations] = [await this.sources.list(), await this.destinations.list()];
    return {
      sources: sources.map((stored) => viewSource(stored)),
      destinations: destinations.map((stored) => viewDestination(stored)),
    };
  }

  /** All of it or nothing. Throws ConfigurationError with every fault, or ProblemError while events wait. */
  apply(author: Author, document: ConfigurationDocument, choices: ApplyChoices): Promise<AppliedDocument> {
    return this.discarding.before(() => this.planAndWrite(author, document, choices));
  }

  private async planAndWrite(
    author: Author,
    document: ConfigurationDocument,
    { dryRun, waiting: choice }: ApplyChoices,
  ): Promise<AppliedDocument> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const whole = await this.documents.plan(document);
      const waiting = await this.waitingFor([...deletedBy(whole), ...whole.retyped]);
      const before = new Map((await this.destinations.list()).map((stored) => [stored.destination.id, stored]));
      const held = heldBack(whole, waiting, choice);
      const kept = choice === 'keep' ? held : NONE;
      const planned = sparing(whole, kept);
      if (dryRun) return { difference: showDifference(planned.difference, waiting, 'planned'), kept };
      if (held.size > kept.size) throw eventsWait(whole, held);
      if (await this.documents.write(author, planned)) {
        for (const id of deletedBy(planned)) {
          const stored = before.get(id);
          if (stored) await this.discarding.discard(author, stored.destination);
        }
        return { difference: showDifference(planned.difference, waiting, 'written'), kept };
      }
      await sleep(Math.random() * MAX_PAUSE_MS);
    }
    throw new ConfigurationError({ kind: 'busy' });
  }

  /** Only those that something waits for. */
  private async waitingFor(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(ids.map(async (id) => [id, (await this.deliveries.stats(id)).waiting] as const));
    return new Map(counts.filter(([, waiting]) => waiting > 0));
  }
}

/** Destinations only. */
function deletedBy({ difference }: PlannedDocument): readonly string[] {
  return difference.deleted.filter(({ kind }) => kind === 'destination').map(({ id }) => id);
}
