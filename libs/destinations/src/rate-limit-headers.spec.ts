import { restUntilReset } from './rate-limit-headers.js';

const answer = (headers: Record<string, string>) => restUntilReset({ status: 202, headers, body: '' });

describe('RateLimit headers', () => {
  it.each([
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '7' }, 7_000],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '0.25' }, 250],
    [{ 'ratelimit-remaining': '1', 'ratelimit-reset': '7' }, undefined],
    [{ 'ratelimit-remaining': '0' }, undefined],
    [{ 'ratelimit-remaining': 'x', 'ratelimit-reset': '7' }, undefined],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '999999' }, 120_000],
    [{}, undefined],
  ])('%j', (headers, restMs) => {
    expect(answer(headers as Record<string, string>)).toBe(restMs);
  });
});
