import type { ConfiguredEntry, PlannedDocument } from '#control-plane';
import { problem, ProblemError } from '../http/problem.js';

/** What becomes of destinations that events wait for, where a document deletes them or gives them another type. */
export type WaitingChoice =
  /** Nothing of the document is applied. */
  | 'refuse'
  /** The events are dropped with their destination; a type still does not change. */
  | 'discard'
  /** The rest of the document is applied; they stay as they are. */
  | 'keep';

/** What waits was formed for the type its destination has: another type may not find it, whatever may be dropped. */
export function heldBack(
  { retyped }: PlannedDocument,
  waiting: ReadonlyMap<string, number>,
  choice: WaitingChoice,
): ReadonlyMap<string, number> {
  return new Map([...waiting].filter(([id]) => choice !== 'discard' || retyped.includes(id)));
}

export function eventsWait({ retyped }: PlannedDocument, held: ReadonlyMap<string, number>): ProblemError {
  const sentences = [...held].map(([id, count]) => {
    const advice = retyped.includes(id) ? 'its type cannot change until then' : 'give ?discard=true to drop them';
    return `${count} events wait for the destination "${id}": ${advice}.`;
  });
  const total = [...held.values()].reduce((sum, count) => sum + count, 0);
  return new ProblemError(problem(409, 'events_waiting', sentences.join(' '), { waiting: total }));
}

/** The same document without what it would do to these destinations. */
export function sparing(planned: PlannedDocument, kept: ReadonlyMap<string, number>): PlannedDocument {
  const isSpared = ({ kind, id }: { readonly kind: string; readonly id: string }): boolean =>
    kind === 'destination' && kept.has(id);
  const without = <T extends ConfiguredEntry>(entries: readonly T[]): readonly T[] =>
    entries.filter((entry) => !isSpared(entry));
  const { created, updated, deleted, unchanged, generated, paused } = planned.difference;
  return {
    ...planned,
    changes: planned.changes.filter((change) => !isSpared(change)),
    difference: {
      created,
      updated: without(updated),
      deleted: without(deleted),
      unchanged,
      generated: without(generated),
      paused: without(paused),
    },
    retyped: planned.retyped.filter((id) => !kept.has(id)),
  };
}
