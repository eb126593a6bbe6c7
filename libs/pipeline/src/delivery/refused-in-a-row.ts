import type { RetrySettings } from '#destinations';
import type { Part } from './batch-record.js';
import { fresh } from './search.js';
import { rested } from './try-later.js';
import { nothing, reached, REFUSALS_TO_OPEN, REFUSED_IN_A_ROW, type Moment, type Step } from './step.js';

/** With one more single event refused, the destination itself may be at fault: the event is kept. */
export const isOneTooMany = ({ refusals }: Moment): boolean => refusals + 1 >= REFUSALS_TO_OPEN;

/**
 * The event is kept, and the others of its batch are asked before it is asked again: the one that is accepted closes the
 * breaker, and may well be among them.
 */
export function kept(part: Part, single: number, rest: readonly number[], retry: RetrySettings, moment: Moment): Step {
  const health = { kind: 'broken', code: REFUSED_IN_A_ROW } as const;
  return {
    ...nothing,
    parts: [...fresh(part, rest), ...fresh(part, [single]).map((each) => rested(each, retry, moment))],
    health,
    refusedSingles: 1,
    isLast: true,
  };
}

/** A probe of several: its halves are asked once every other part was, so that all events are tried in ever smaller groups. */
export function halvedForProbes(part: Part, sent: readonly number[], rest: readonly number[], moment: Moment): Step {
  const half = Math.ceil(sent.length / 2);
  const parts = [rest, sent.slice(0, half), sent.slice(half)].flatMap((members) => fresh(part, members));
  return { ...nothing, parts, health: reached(moment), isLast: true };
}
