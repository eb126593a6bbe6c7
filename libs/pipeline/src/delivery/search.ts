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

type Finding = Pick<Search, 'refusal' | 'answer'>;

/** One suspect is the culprit; more are halved. */
export function narrowed(
  part: Part,
  suspects: readonly number[],
  aside: readonly number[],
  finding: Finding,
): { readonly rejected: readonly Rejected[]; readonly parts: readonly Part[] } {
  const [culprit] = suspects;
  if (suspects.length === 1 && culprit !== undefined) {
    return { rejected: [rejection(culprit, finding.refusal, finding.answer)], parts: fresh(part, aside) };
  }
  return { rejected: [], ...searched(part, suspects, aside, finding) };
}

/** The part as a search: halves of its suspects are sent, then what is put aside. */
export function searched(
  part: Part,
  suspects: readonly number[],
  aside: readonly number[],
  { refusal, answer }: Finding,
): { readonly parts: readonly Part[] } {
  const members = toRanges(ascending([...suspects, ...aside]));
  const search = { suspects: toRanges(suspects), aside: toRanges(aside), refusal, ...(answer ? { answer } : {}) };
  return { parts: [{ ...part, members, notBefore: 0, search }] };
}
