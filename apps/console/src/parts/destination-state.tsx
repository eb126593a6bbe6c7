import type { DestinationOverview } from '../api/types';
import { Pill, type Tone } from './pill';

/** Waiting longer than any usual batch does. */
const BEHIND_MS = 60_000;

interface State {
  readonly tone: Tone;
  readonly label: string;
  /** For sorting: what needs a person comes first. */
  readonly rank: number;
}

export type Assessed = Pick<
  DestinationOverview,
  'paused' | 'breaker' | 'heldBy' | 'retrying' | 'waiting' | 'waitingSince' | 'delivered'
>;

const RETRY_AFTER = 'retry_after: ';

/** Until when the destination itself asked to be left alone (ISO 8601); null: it did not. */
export function restUntil({ heldBy }: Pick<DestinationOverview, 'heldBy'>): string | null {
  return heldBy?.startsWith(RETRY_AFTER) ? heldBy.slice(RETRY_AFTER.length) : null;
}

/** How a destination does, in one word. */
export function assess(destination: Assessed, now: number): State {
  const { paused, breaker, heldBy, retrying, waiting, waitingSince, delivered } = destination;
  if (paused === 'credentials_missing') return { tone: 'bad', label: 'Needs credentials', rank: 0 };
  if (breaker.state === 'open') return { tone: 'bad', label: 'Breaker open', rank: 1 };
  if (heldBy === 'dead_letters_full') return { tone: 'bad', label: 'Dead letters full', rank: 1 };
  if (paused === 'admin') return { tone: 'warn', label: 'Paused', rank: 2 };
  if (waiting > 0 && restUntil(destination) !== null) return { tone: 'warn', label: 'Told to wait', rank: 3 };
  if (retrying > 0) return { tone: 'warn', label: 'Retrying', rank: 3 };
  if (waiting > 0 && waitingSince !== null && now - Date.parse(waitingSince) > BEHIND_MS)
    return { tone: 'warn', label: 'Behind', rank: 4 };
  if (waiting > 0 || delivered > 0) return { tone: 'ok', label: 'Delivering', rank: 5 };
  return { tone: 'neutral', label: 'Nothing yet', rank: 6 };
}

export function DestinationState({ of, now }: { readonly of: Assessed; readonly now: number }) {
  const { tone, label } = assess(of, now);
  return <Pill tone={tone}>{label}</Pill>;
}
