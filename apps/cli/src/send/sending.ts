import type { Progress } from '../progress.js';
import { CliFailure, EXIT, messageOf } from '../failure.js';
import { post, type Target } from './poster.js';
import type { OutgoingRequest } from './requests.js';

export interface SentTotals {
  readonly events: number;
  readonly requests: number;
  /** Times a request had to be sent again. */
  readonly repeats: number;
}

/** Posts the requests, several at a time. The first one that fails ends it; those under way are waited for. */
export async function sendAll(
  requests: AsyncIterator<OutgoingRequest, void>,
  target: Omit<Target, 'onWait'>,
  concurrency: number,
  progress: Progress,
): Promise<{ readonly totals: SentTotals; readonly failure: Error | undefined }> {
  const totals = { events: 0, requests: 0, repeats: 0 };
  let failure: Error | undefined;
  let doneBytes = 0;
  const say = (what: string): void => progress.update(doneBytes, `${totals.events} events  ${what}`);
  const onWait = (reason: string, waitMs: number): void => say(`waiting ${(waitMs / 1_000).toFixed(1)} s: ${reason}`);
  const work = async (): Promise<void> => {
    try {
      while (failure === undefined && !target.signal.aborted) {
        const next = await requests.next();
        if (next.done === true) return;
        const request = next.value;
        totals.repeats += await post(request, { ...target, onWait });
        totals.events += request.events;
        totals.requests += 1;
        doneBytes = Math.max(doneBytes, request.readBytes);
        say('');
      }
    } catch (error) {
      failure ??= asFailure(error);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { totals, failure };
}

function asFailure(error: unknown): CliFailure {
  return error instanceof CliFailure ? error : new CliFailure(messageOf(error), EXIT.refused);
}
