import type { Interpretation } from './connector.js';
import { interpretStatus, retryAfterMs } from './interpret-status.js';

const answer = (status: number, headers: Readonly<Record<string, string>> = {}, body = '') => ({
  status,
  headers,
  body,
});
const NOON = Date.UTC(2026, 4, 1, 12, 0, 0);

describe('interpretStatus', () => {
  const statuses: readonly (readonly [readonly number[], (status: number) => Interpretation])[] = [
    [[200, 201, 202, 204, 207, 299], () => ({ kind: 'delivered' })],
    [[300, 301, 302, 303, 304, 307, 308, 399], (status) => ({ kind: 'paused', code: `http_${status}` })],
    [[401, 403, 404, 405, 410], (status) => ({ kind: 'paused', code: `http_${status}` })],
    [[408, 425, 500, 501, 502, 503, 504, 524, 599], (status) => ({ kind: 'retry', code: `http_${status}` })],
    [[100, 101, 600, 999], (status) => ({ kind: 'retry', code: `http_${status}` })],
    [[413], () => ({ kind: 'too_large', refusal: { code: 'http_413', detail: 'HTTP 413' } })],
    [[429], () => ({ kind: 'throttled' })],
    [
      [400, 402, 406, 407, 409, 411, 412, 414, 415, 418, 422, 451, 499],
      (status) => ({ kind: 'refused', refusal: { code: `http_${status}`, detail: `HTTP ${status}` } }),
    ],
  ];

  it.each(statuses.flatMap(([codes, meaning]) => codes.map((status) => ({ status, meaning: meaning(status) }))))(
    'takes $status for $meaning.kind',
    ({ status, meaning }) => {
      expect(interpretStatus(answer(status))).toEqual(meaning);
    },
  );

  it('quotes the answer in a refusal, in bounds', () => {
    expect(interpretStatus(answer(400, {}, ' bad field \n'))).toEqual({
      kind: 'refused',
      refusal: { code: 'http_400', detail: 'bad field' },
    });
    const long = interpretStatus(answer(422, {}, 'x'.repeat(5_000)));
    expect(long.kind === 'refused' && long.refusal.detail).toBe('x'.repeat(1_000));
  });

  it.each([408, 425, 500, 503])('keeps the wait that a %i asks for', (status) => {
    expect(interpretStatus(answer(status, { 'retry-after': '7' }))).toEqual({
      kind: 'retry',
      code: `http_${status}`,
      afterMs: 7_000,
    });
  });

  it('measures a date against the clock of the one who sent it, else against the time of receipt', () => {
    const headers = { 'retry-after': 'Fri, 01 May 2026 12:00:30 GMT' };
    expect(interpretStatus(answer(429, { ...headers, date: 'Fri, 01 May 2026 12:00:00 GMT' }))).toEqual({
      kind: 'throttled',
      afterMs: 30_000,
    });
    expect(interpretStatus({ ...answer(429, headers), receivedAtMs: NOON + 10_000 })).toEqual({
      kind: 'throttled',
      afterMs: 20_000,
    });
    expect(interpretStatus(answer(429, headers))).toEqual({ kind: 'throttled' });
  });
});

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['1.5', 1_500],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
    ['Fri, 01 May 2026 12:01:00 GMT', 60_000],
    ['Friday, 01-May-26 12:01:00 GMT', 60_000],
    ['Fri May  1 12:01:00 2026', 60_000],
    ['Fri, 01 May 2026 11:00:00 GMT', 0],
    ['', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['soon', undefined],
    ['2026-05-01T12:01:00Z', undefined],
    ['Fri, 99 Foo 2026 12:01:00 GMT', undefined],
    ['5, 10', undefined],
  ])('reads %p', (value, expected) => {
    expect(retryAfterMs(value, NOON)).toBe(expected);
  });

  it('reads nothing from nothing', () => {
    expect(retryAfterMs(undefined, NOON)).toBeUndefined();
  });
});
