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
  'paused' | 'breaker' | 'retrying' | 'waiting' | 'waitingSince' | 'delivered'
>;

/** How a destination does, in one word. */
export function assess({ paused, breaker, retrying, waiting, waitingSince, delivered }: Assessed, now: number): State {
  if (paused === 'credentials_missing') return { tone: 'bad', label: 'Needs credentials', rank: 0 };
  if (breaker.state === 'open') return { tone: 'bad', label: 'Breaker open', rank: 1 };
  if (paused === 'admin') return { tone: 'warn', label: 'Paused', rank: 2 };
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
