import type { IncomingMessage } from 'node:http';
import type { InFlightLease } from './in-flight-budget.js';

export type Collected =
  | { readonly kind: 'collected'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** The process holds as many bytes as it may. */
  | { readonly kind: 'no_budget' }
  /** The caller went away: nobody is left to answer. */
  | { readonly kind: 'aborted' };

/**
 * Reads the body as it came. Bytes are counted as they arrive: a caller that announces much and sends nothing takes
 * nothing from the budget. What the lease took stays taken.
 */
export function collectBody(raw: IncomingMessage, maxBytes: number, lease: InFlightLease): Promise<Collected> {
  if (Number(raw.headers['content-length']) > maxBytes) return Promise.resolve({ kind: 'too_large' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (collected: Collected): void => {
      raw.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(collected);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) return fail({ kind: 'too_large' });
      if (!lease.take(chunk.length)) return fail({ kind: 'no_budget' });
      chunks.push(chunk);
    };
    // Nothing comes after the end but 'close': taking the listeners off would be wasted.
    const onEnd = (): void => {
      const [first] = chunks;
      resolve({ kind: 'collected', bytes: first && chunks.length === 1 ? first : Buffer.concat(chunks, bytes) });
    };
    const onClose = (): void => {
      if (!raw.readableEnded) fail({ kind: 'aborted' });
    };
    raw.on('data', onData).on('end', onEnd).on('close', onClose);
    // Without a listener an aborted upload would be an uncaught error; 'close' follows it and settles.
    raw.on('error', ignore);
  });
}

function ignore(): void {}

/** A refused caller reads its answer only after it has sent what it wanted to send; more than this it may not. */
const MAX_DRAINED_BYTES = 32 * 1024 * 1024;

/** Lets the rest of a body run into the void, so that the answer arrives, and hangs up on endless ones. */
export function drainBody(raw: IncomingMessage): void {
  if (raw.complete || raw.destroyed) return;
  let bytes = 0;
  raw.on('error', ignore);
  raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DRAINED_BYTES) raw.destroy();
  });
}
