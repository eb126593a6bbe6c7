import { setTimeout as sleep } from 'node:timers/promises';
import { CliFailure, EXIT, messageOf } from '../failure.js';
import { unreachable } from '../http/gateway-client.js';
import type { RequestShape } from './request-shape.js';
import type { OutgoingRequest } from './requests.js';

export interface Target {
  readonly baseUrl: string;
  readonly shape: RequestShape;
  /** How long one request is tried again before it is given up. */
  readonly patienceMs: number;
  /** Ends waiting; a request under way is finished. */
  readonly signal: AbortSignal;
  /** Before every wait. */
  readonly onWait: (reason: string, waitMs: number) => void;
}

const REQUEST_TIMEOUT_MS = 60_000;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;

type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly status: number; readonly text: string }
  | {
      readonly kind: 'later';
      readonly reason: string;
      readonly afterMs: number | undefined;
      readonly error?: CliFailure;
    };

/** Posts until the gateway has taken it; resolves with how often it had to wait. Rejects with CliFailure. */
export async function post(request: OutgoingRequest, target: Target): Promise<number> {
  const deadline = Date.now() + target.patienceMs;
  for (let waits = 0; ; waits++) {
    const answer = await tryOnce(request, target);
    if (answer.kind === 'taken') return waits;
    if (answer.kind === 'refused') throw refused(request, answer.status, answer.text);
    const waitMs =
      answer.afterMs ?? Math.ceil(Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** waits) * (0.5 + Math.random() / 2));
    if (Date.now() + waitMs > deadline) {
      throw (
        answer.error ??
        new CliFailure(`Given up after ${target.patienceMs / 1_000} s: ${answer.reason}`, EXIT.unreachable)
      );
    }
    target.onWait(answer.reason, waitMs);
    await sleep(waitMs, undefined, { signal: target.signal }).catch(() => {
      throw new CliFailure('Interrupted.', EXIT.interrupted);
    });
  }
}

async function tryOnce({ body, key }: OutgoingRequest, { baseUrl, shape }: Target): Promise<Answer> {
  const { route, headers } = shape;
  const url = `${baseUrl}${route.path}`;
  try {
    const response = await fetch(url, {
      method: route.method,
      headers: { ...headers, ...(route.idempotency ? { [route.idempotency.header]: key } : {}) },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.ok) return { kind: 'taken' };
    const { status } = response;
    if (status !== 408 && status !== 429 && status < 500) return { kind: 'refused', status, text };
    return { kind: 'later', reason: `the gateway answered ${status}`, afterMs: retryAfterMs(response.headers) };
  } catch (error) {
    return { kind: 'later', reason: messageOf(error), afterMs: undefined, error: unreachable(url, error) };
  }
}

/** RFC 9110: seconds, or a date. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function refused({ places: [first, last] }: OutgoingRequest, status: number, text: string): CliFailure {
  const advice = status === 401 || status === 403 ? ' Are the credentials those of a source of this dialect?' : '';
  return new CliFailure(
    `The gateway refused the request from ${first} to ${last} with ${status}: ${text}${advice}`,
    EXIT.refused,
  );
}
