import type { ReactNode } from 'react';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'neutral';

/** A state in a word; the colour only repeats what it says. */
export function Pill({
  tone = 'neutral',
  plain = false,
  children,
}: {
  readonly tone?: Tone;
  readonly plain?: boolean;
  readonly children: ReactNode;
}) {
  return <span className={`pill pill-${tone}${plain ? ' pill-plain' : ''}`}>{children}</span>;
}
