import { claimedCredentials, type CredentialInputs } from '../credentials/credential-inputs.js';
import type { Snapshot, StoredDestination, StoredSource } from '../store/snapshot.js';
import type { ConfiguredEntry, DocumentDifference } from './configuration-document.js';
import { differingMembers } from './differing-members.js';
import type { PlannedChanges, PlannedEntry } from './document-planner.js';

/** The members that a type's schema still asks for. */
interface MissingMembers {
  (stored: StoredDestination): readonly string[];
}

/** `after` is `before` with the changes in it. */
export function differenceOf(
  before: Snapshot,
  after: Snapshot,
  { changes, sources, destinations }: PlannedChanges,
  missingOf: MissingMembers,
): DocumentDifference {
  const compared = [
    ...sources.map((planned) =>
      compare('source', planned, after, contentOfSource, before.storedSources, after.storedSources),
    ),
    ...destinations.map((planned) =>
      compare('destination', planned, after, contentOfDestination, before.storedDestinations, after.storedDestinations),
    ),
  ];
  return {
    created: compared.filter(({ fate }) => fate === 'created').map(({ entry }) => entry),
    updated: compared.filter(({ fate }) => fate === 'updated').map(({ entry, members }) => ({ ...entry, members })),
    deleted: changes.flatMap(({ kind, id, document }) => (document === null && kind !== 'token' ? [{ kind, id }] : [])),
    unchanged: compared.filter(({ fate }) => fate === 'unchanged').map(({ entry }) => entry),
    generated: compared.flatMap(({ entry, generated }) =>
      Object.keys(generated).length > 0 ? [{ ...entry, credentials: generated }] : [],
    ),
    paused: destinations.flatMap(({ entry: { id, draft } }) => {
      const stored = after.storedDestinations.get(id);
      if (stored?.destination.paused !== 'credentials_missing') return [];
      const claimed = claimedCredentials(draft.credentials ?? {}, stored.destination.credentials);
      return [{ kind: 'destination' as const, id, missing: [...new Set([...missingOf(stored), ...claimed])] }];
    }),
  };
}

function compare<S, T extends { readonly credentials?: CredentialInputs }>(
  kind: ConfiguredEntry['kind'],
  { entry: { id }, plan }: PlannedEntry<T>,
  after: Snapshot,
  contentOf: (stored: S) => object,
  storedBefore: ReadonlyMap<string, S>,
  storedAfter: ReadonlyMap<string, S>,
) {
  const { generated, created } = plan.result(after);
  const [old, fresh] = [storedBefore.get(id), storedAfter.get(id)];
  const members = old && fresh ? differingMembers(contentOf(old), contentOf(fresh)) : [];
  const fate = created ? 'created' : plan.changes.length > 0 ? 'updated' : 'unchanged';
  return { entry: { kind, id }, fate, members, generated };
}

const contentOfSource = ({ settings, source }: StoredSource): object => ({
  ...settings,
  credentials: source.credentials,
});

const contentOfDestination = ({ settings, destination }: StoredDestination): object => ({
  ...settings,
  credentials: destination.credentials,
  paused: destination.paused,
});
