import { Injectable } from '@nestjs/common';
import { ConnectorRegistry } from '#destinations';
import { EnvironmentReferences } from '#platform';
import { invalid } from '../configuration.errors.js';
import type { Plan } from '../configuration.service.js';
import type { CredentialInputs } from '../credentials/credential-inputs.js';
import { DestinationsService, type DestinationDraft } from '../destinations.service.js';
import type { Written } from '../entries.js';
import type { PointedFault } from '../json-pointer.js';
import { SourcesService, type SourceDraft } from '../sources.service.js';
import type { DocumentChange } from '../store/configuration.store.js';
import { EMPTY_SNAPSHOT, type Snapshot, type TokenEntry } from '../store/snapshot.js';
import { SnapshotReader } from '../store/snapshot-reader.js';
import type { ConfigurationDocument, DocumentEntry } from './configuration-document.js';
import { gatherFaults } from './gather-faults.js';
import { resolveReferences } from './secret-references.js';
import { leaveDefaultsUnsaid } from './unsaid-defaults.js';

/** One entry of the document and what putting it would write. */
export interface PlannedEntry<T> {
  readonly entry: DocumentEntry<T>;
  readonly plan: Plan<Written<unknown>>;
}

export interface PlannedChanges {
  readonly changes: readonly DocumentChange[];
  readonly sources: readonly PlannedEntry<SourceDraft>[];
  readonly destinations: readonly PlannedEntry<DestinationDraft>[];
}

/** Works out what has to be written to make a snapshot what a document says. Writes nothing. */
@Injectable()
export class DocumentPlanner {
  constructor(
    private readonly sources: SourcesService,
    private readonly destinations: DestinationsService,
    private readonly connectors: ConnectorRegistry,
    private readonly environment: EnvironmentReferences,
    private readonly reader: SnapshotReader,
  ) {}

  /** Throws ConfigurationError with every fault of the document. */
  plan(snapshot: Snapshot, document: ConfigurationDocument): PlannedChanges {
    const faults = [...document.faults];
    const sources = this.planSources(snapshot, document.sources, faults);
    const destinations = this.planDestinations(snapshot, document.destinations, faults);
    if (faults.length > 0) throw invalid(faults);
    const changes = [
      ...deletions('source', snapshot.storedSources, document.sources),
      ...deletions('destination', snapshot.storedDestinations, document.destinations),
      ...[...sources, ...destinations].flatMap(({ plan }) => plan.changes),
    ];
    return { changes, sources, destinations };
  }

  /**
   * A credential is taken only if another source of the document has it: it may move from one source to another, or
   * from a source that the document does not name any more.
   */
  private planSources(
    snapshot: Snapshot,
    entries: readonly DocumentEntry<SourceDraft>[],
    faults: PointedFault[],
  ): readonly PlannedEntry<SourceDraft>[] {
    const before = tokensBySource(snapshot);
    const tokens = new Map(
      entries.flatMap(({ id }) => (before.get(id) ?? []).filter(([, { until }]) => until !== undefined)),
    );
    return entries.flatMap((entry) => {
      const draft = this.withSecrets(entry, faults);
      const plan = gatherFaults(entry.pointer, faults, () =>
        this.sources.planPut({ ...snapshot, tokens }, entry.id, draft),
      );
      if (!plan) return [];
      const held =
        plan.changes.length > 0 ? this.reader.apply(EMPTY_SNAPSHOT, plan.changes, 0).tokens : before.get(entry.id);
      for (const [digest, holder] of held ?? []) tokens.set(digest, holder);
      return [{ entry, plan }];
    });
  }

  private planDestinations(
    snapshot: Snapshot,
    entries: readonly DocumentEntry<DestinationDraft>[],
    faults: PointedFault[],
  ): readonly PlannedEntry<DestinationDraft>[] {
    return entries.flatMap((entry) => {
      const draft = this.withSecrets(entry, faults);
      const stored = snapshot.storedDestinations.get(entry.id);
      const defaults = this.connectors.get(draft.type)?.defaults;
      const wanted = stored && defaults ? leaveDefaultsUnsaid(draft, stored, defaults) : draft;
      const plan = gatherFaults(entry.pointer, faults, () =>
        this.destinations.planPut(snapshot, entry.id, wanted, 'pause'),
      );
      return plan ? [{ entry, plan }] : [];
    });
  }

  private withSecrets<T extends { readonly credentials?: CredentialInputs }>(
    { draft, pointer }: DocumentEntry<T>,
    faults: PointedFault[],
  ): T {
    const resolved = resolveReferences(draft.credentials ?? {}, this.environment, `${pointer}/credentials`);
    faults.push(...resolved.faults);
    return { ...draft, credentials: resolved.credentials };
  }
}

function deletions(
  kind: DocumentChange['kind'],
  stored: ReadonlyMap<string, unknown>,
  wanted: readonly { readonly id: string }[],
): readonly DocumentChange[] {
  const ids = new Set(wanted.map(({ id }) => id));
  return [...stored.keys()].filter((id) => !ids.has(id)).map((id) => ({ kind, id, document: null }));
}

function tokensBySource({ tokens }: Snapshot): ReadonlyMap<string, readonly (readonly [string, TokenEntry])[]> {
  const found = new Map<string, (readonly [string, TokenEntry])[]>();
  for (const entry of tokens) {
    const { id } = entry[1].source;
    const known = found.get(id);
    if (known) known.push(entry);
    else found.set(id, [entry]);
  }
  return found;
}
