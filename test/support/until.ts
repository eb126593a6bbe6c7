import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  readonly timeoutMs?: number;
  /** Named in the failure. */
  readonly what?: string;
}

/** Polls until the condition gives something truthy, and gives that. A condition that throws is tried again. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, what = condition.toString() }: Patience = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let problem: unknown = 'it never held';
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`, { cause: problem });
    await delay(20);
  }
}
