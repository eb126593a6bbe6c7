import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError, type WriteCondition } from '#control-plane';

const MAX_ROUNDS = 50;
/** Grows with the rounds up to this: many who patch the same must not meet again and again. */
const MAX_PAUSE_MS = 100;
const PAUSE_STEP_MS = 10;

/**
 * Applies a patch to exactly the state it is written over: where somebody else wrote in between, it is read and applied
 * again, unless the caller has named the state it meant. Throws `busy` after too many collisions.
 */
export async function patchUntilWritten<T extends { readonly etag: string }, W>(
  read: () => Promise<T>,
  write: (stored: T, condition: WriteCondition) => Promise<W>,
  condition: WriteCondition,
): Promise<W> {
  const { ifMatch } = condition;
  const named = ifMatch === undefined || ifMatch === 'any' ? undefined : ifMatch;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const stored = await read();
    try {
      return await write(stored, { ...condition, ifMatch: named ?? [stored.etag] });
    } catch (error) {
      const changed = error instanceof ConfigurationError && error.fault.kind === 'changed_meanwhile';
      if (!changed || named !== undefined) throw error;
    }
    await sleep(Math.random() * Math.min(MAX_PAUSE_MS, round * PAUSE_STEP_MS));
  }
  throw new ConfigurationError({ kind: 'busy' });
}
