interface Entry {
  readonly kind: string;
  readonly id: string;
}

/** As `PUT /admin/v1/config` answers. */
export interface Difference {
  readonly created: readonly Entry[];
  readonly updated: readonly (Entry & { readonly members: readonly string[] })[];
  readonly deleted: readonly (Entry & { readonly waiting?: number })[];
  readonly unchanged: readonly Entry[];
  readonly generated: readonly (Entry & {
    readonly members: readonly string[];
    /** In clear, where something was written. */
    readonly credentials?: Readonly<Record<string, string>>;
  })[];
  readonly paused: readonly (Entry & { readonly missing: readonly string[] })[];
}

export function readDifference(body: unknown): Difference {
  return { created: [], updated: [], deleted: [], unchanged: [], generated: [], paused: [], ...(body as object) };
}

export function isDifferent({ created, updated, deleted }: Difference): boolean {
  return created.length + updated.length + deleted.length > 0;
}

/** One line a change, like `+ source app`. */
export function describeDifference(difference: Difference): readonly string[] {
  const { created, updated, deleted, unchanged, generated, paused } = difference;
  return [
    ...created.map((entry) => `+ ${nameOf(entry)}`),
    ...updated.map((entry) => `~ ${nameOf(entry)}: ${entry.members.join(', ')}`),
    ...deleted.map((entry) => `- ${nameOf(entry)}${entry.waiting ? ` (${entry.waiting} events wait for it)` : ''}`),
    ...generated.flatMap((entry) =>
      entry.members.map((member) => {
        const text = entry.credentials?.[member];
        return `  ${nameOf(entry)}: ${member} ${text === undefined ? 'would be generated' : `generated, shown this once: ${text}`}`;
      }),
    ),
    ...paused.map((entry) => `  ${nameOf(entry)}: holds its events until it has ${entry.missing.join(', ')}`),
    `${created.length} created, ${updated.length} updated, ${deleted.length} deleted, ${unchanged.length} unchanged`,
  ];
}

function nameOf({ kind, id }: Entry): string {
  return `${kind} ${id}`;
}
