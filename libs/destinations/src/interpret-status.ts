import type { InboundResponse, Interpretation, Refusal } from './connector.js';

/** How much of an answer's body a dead letter quotes, in characters. */
const MAX_QUOTE_LENGTH = 1_000;

/**
 * What a status means where the vendor says nothing of its own. A connector reads what is particular to its vendor first
 * and leaves the rest to this. Codes are `http_<status>`.
 */
export function interpretStatus(response: InboundResponse): Interpretation {
  const { status } = response;
  const code = statusCode(status);
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status >= 300 && status < 400) return { kind: 'paused', code };
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 410:
      return { kind: 'paused', code };
    case 408:
    case 425:
      return { kind: 'retry', code, ...waitAsked(response) };
    case 413:
      return { kind: 'too_large', refusal: statusRefusal(response) };
    case 429:
      return { kind: 'throttled', ...waitAsked(response) };
    default:
      return status >= 400 && status < 500
        ? { kind: 'refused', refusal: statusRefusal(response) }
        : { kind: 'retry', code, ...waitAsked(response) };
  }
}

/** Stable code of a status. */
export function statusCode(status: number): string {
  return `http_${status}`;
}

/** A refusal that quotes the answer. */
export function statusRefusal(response: InboundResponse): Refusal {
  const quote = response.body.trim().slice(0, MAX_QUOTE_LENGTH);
  return { code: statusCode(response.status), detail: quote === '' ? `HTTP ${response.status}` : quote };
}

/** `afterMs` as the answer's `Retry-After` asks; empty where it asks for nothing. */
export function waitAsked(response: InboundResponse): { readonly afterMs?: number } {
  const sentAtMs = httpDate(response.headers.date ?? '') ?? response.receivedAtMs;
  const afterMs = retryAfterMs(response.headers['retry-after'], sentAtMs);
  return afterMs === undefined ? {} : { afterMs };
}

/**
 * Milliseconds that a `Retry-After` (RFC 9110: seconds or a date) asks to wait from `nowMs` (since 1970) on. Undefined
 * where it says nothing usable: absent, malformed, or a date with no `nowMs` to measure it against. Never negative.
 */
export function retryAfterMs(value: string | undefined, nowMs: number | undefined): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1_000), Number.MAX_SAFE_INTEGER);
  const dateMs = httpDate(text);
  return dateMs === undefined || nowMs === undefined ? undefined : Math.max(0, dateMs - nowMs);
}

/** Date forms of RFC 9110: IMF-fixdate, RFC 850 and asctime, the last of which means GMT without saying so. */
function httpDate(text: string): number | undefined {
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined;
  const dateMs = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
