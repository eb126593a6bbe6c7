import type { EventOutcome, Refusal, RetrySettings } from '#destinations';
import { fromRanges } from '../segment/position-ranges.js';
import type { Answer, Part, Rejected } from './batch-record.js';
import { isOneTooMany, kept } from './refused-in-a-row.js';
import { ascending, fresh, narrowed, rejection, without } from './search.js';
import { good, reached, type Moment, type Step } from './step.js';
import { failed } from './try-later.js';

/** An answer that tells the events apart: each is settled, hunted, sent again at once or later on its own. */
export function perEvent(
  part: Part,
  sent: readonly number[],
  outcomes: readonly EventOutcome[],
  retry: RetrySettings,
  moment: Moment,
): Step {
  const by = (kind: EventOutcome['kind']): number[] => sent.filter((_, i) => (outcomes[i]?.kind ?? 'retry') === kind);
  const hunts = suspected(part, sent, outcomes, moment.answer);
  const rejected = sent.flatMap((member, i): Rejected[] => {
    const outcome = outcomes[i];
    return outcome?.kind === 'rejected' ? [rejection(member, outcome.refusal, moment.answer)] : [];
  });
  rejected.push(...hunts.flatMap((hunt) => hunt.rejected));
  const delivered = by('delivered');
  const duplicate = by('duplicate');
  const searching = hunts.flatMap((hunt) => hunt.parts);
  const retried = by('retry');
  const others = by('resend');
  // An answer that neither settles nor divides anything would be given again, for ever.
  const divided = searching.length > 0 || (retried.length > 0 && others.length > 0);
  const stuck = delivered.length + duplicate.length + rejected.length === 0 && !divided;
  const open = stuck ? sent : retried;
  const resend = stuck ? [] : others;
  const rest = without(fromRanges(part.members), sent);
  const anyAccepted = delivered.length + duplicate.length > 0;
  const [single] = sent;
  if (single !== undefined && sent.length === 1 && rejected.length === 1 && isOneTooMany(moment)) {
    return kept(part, single, rest, retry, moment);
  }
  const later = fresh(part, open).map((each) => failed(each, 'partial', undefined, retry, moment));
  return {
    delivered,
    duplicate,
    rejected: [...rejected, ...later.flatMap((step) => step.rejected)],
    parts: [...searching, ...fresh(part, ascending([...resend, ...rest])), ...later.flatMap((step) => step.parts)],
    health: anyAccepted ? good : reached(moment),
    refusedSingles: !anyAccepted && sent.length === 1 ? rejected.length : 0,
    holdMs: 0,
  };
}

/** Events suspected for one refusal are hunted through together; one alone is the culprit. */
function suspected(
  part: Part,
  sent: readonly number[],
  outcomes: readonly EventOutcome[],
  answer: Answer | undefined,
): readonly { readonly rejected: readonly Rejected[]; readonly parts: readonly Part[] }[] {
  const groups = new Map<string, { readonly refusal: Refusal; readonly suspects: number[] }>();
  sent.forEach((member, i) => {
    const outcome = outcomes[i];
    if (outcome?.kind !== 'suspect') return;
    const name = `${outcome.refusal.code}\0${outcome.refusal.detail}`;
    const group = groups.get(name) ?? { refusal: outcome.refusal, suspects: [] };
    group.suspects.push(member);
    groups.set(name, group);
  });
  return [...groups.values()].map(({ refusal, suspects }) =>
    narrowed(part, suspects, [], { refusal, ...(answer ? { answer } : {}) }),
  );
}
