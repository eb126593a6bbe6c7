import type { DeadLetter } from '../../api/types';

export interface LetterGroup {
  readonly key: string;
  readonly destinationId: string;
  readonly code: string;
  /** Of the newest one. */
  readonly detail: string;
  /** Newest first. */
  readonly letters: readonly DeadLetter[];
}

/** Same destination, same reason: usually one cause and one cure. The largest group comes first. */
export function groupByReason(letters: readonly DeadLetter[]): readonly LetterGroup[] {
  const groups = new Map<string, DeadLetter[]>();
  for (const letter of letters) {
    const key = `${letter.destinationId}/${letter.reason.code}`;
    const group = groups.get(key);
    if (group) group.push(letter);
    else groups.set(key, [letter]);
  }
  return [...groups]
    .map(([key, members]) => ({
      key,
      destinationId: members[0]?.destinationId ?? '',
      code: members[0]?.reason.code ?? '',
      detail: members[0]?.reason.detail ?? '',
      letters: members,
    }))
    .sort((a, b) => b.letters.length - a.letters.length);
}
