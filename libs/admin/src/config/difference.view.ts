import type { ConfiguredEntry, Credentials, DocumentDifference } from '#control-plane';

export interface DifferenceView extends Pick<DocumentDifference, 'created' | 'updated' | 'unchanged' | 'paused'> {
  /** Of a destination with events waiting: how many. */
  readonly deleted: readonly (ConfiguredEntry & { readonly waiting?: number })[];
  /** `credentials`: in clear, the only time they are shown; absent where nothing was written. */
  readonly generated: readonly (ConfiguredEntry & {
    readonly members: readonly string[];
    readonly credentials?: Credentials;
  })[];
}

export function showDifference(
  difference: DocumentDifference,
  waiting: ReadonlyMap<string, number>,
  state: 'planned' | 'written',
): DifferenceView {
  const { created, updated, unchanged, paused } = difference;
  return {
    created,
    updated,
    deleted: difference.deleted.map(({ kind, id }) => {
      const count = kind === 'destination' ? waiting.get(id) : undefined;
      return { kind, id, ...(count === undefined ? {} : { waiting: count }) };
    }),
    unchanged,
    generated: difference.generated.map(({ kind, id, credentials }) => {
      const members = Object.keys(credentials);
      return { kind, id, members, ...(state === 'written' ? { credentials } : {}) };
    }),
    paused,
  };
}
