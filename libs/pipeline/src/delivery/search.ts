import type { Refusal } from '#destinations';
import { toRanges } from '../segment/position-ranges.js';
import type { Answer, Part, Rejected, Search } from './batch-record.js';

/** The members as a part without a past search, due at once. */
export function fresh(part: Part, members: readonly number[]): Part[] {
  if (members.length === 0) return [];
  const { search: _, ...rest } = part;
  return [{ ...rest, members: toRanges(members), notBefore: 0 }];
}

export const without = (all: readonly number[], some: readonly number[]): number[] => {
  const gone = new Set(some);
  return all.filter((member) => !gone.has(member));
};

export const ascending = (members: readonly number[]): number[] => [...members].sort((a, b) => a - b);

export function rejection(member: number, refusal: Refusal, answer: Answer | undefined): Rejected {
  return { member, code: refusal.code, detail: refusal.detail, ...(answer ? { answer } : {}) };
}

/** One suspect left is the culprit; more are halved again. */
export function narrowed(
  part: Part,
  suspects: readonly number[],
  aside: readonly number[],
  { refusal, answer }: Pick<Search, 'refusal' | 'answer'>,
): { readonly rejected: readonly Rejected[]; readonly parts: readonly Part[] } {
  const [culprit] = suspects;
  if (suspects.length === 1 && culprit !== undefined) {
    return { rejected: [rejection(culprit, refusal, answer)], parts: fresh(part, aside) };
  }
  const members = toRanges(ascending([...suspects, ...aside]));
  const search = { suspects: toRanges(suspects), aside: toRanges(aside), refusal, ...(answer ? { answer } : {}) };
  return { rejected: [], parts: [{ ...part, members, notBefore: 0, search }] };
}
