export interface Window {
  readonly requests: number;
  readonly perSeconds: number;
}

export type Pass =
  | { readonly kind: 'allowed'; readonly limit: number; readonly remaining: number; readonly resetSeconds: number }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number };

/**
 * A vendor's fixed windows. `timeScale` makes every window that much shorter, and the seconds it speaks of as well: with 10,
 * 150 requests a minute become 150 in six seconds, and times may have fractions.
 */
export class RateGate {
  private readonly used = new Map<string, { window: number; requests: number }>();

  constructor(
    private readonly buckets: Readonly<Record<string, readonly Window[]>>,
    private readonly timeScale: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts one request. What it tells of an allowed one is the longest window. */
  take(bucket: string): Pass {
    const at = this.now();
    const windows = this.buckets[bucket] ?? [];
    const states = windows.map((window) => this.state(bucket, window, at));
    const full = states.filter(({ left }) => left <= 0);
    if (full.length > 0)
      return { kind: 'limited', retryAfterSeconds: Math.max(...full.map((each) => each.resetSeconds)) };
    states.forEach(({ counter }) => (counter.requests += 1));
    const steady = states.at(-1);
    if (!steady) return { kind: 'allowed', limit: Infinity, remaining: Infinity, resetSeconds: 0 };
    return { kind: 'allowed', limit: steady.limit, remaining: steady.left - 1, resetSeconds: steady.resetSeconds };
  }

  private state(bucket: string, { requests, perSeconds }: Window, at: number) {
    const lengthMs = (perSeconds * 1_000) / this.timeScale;
    const window = Math.floor(at / lengthMs);
    const key = `${bucket} ${perSeconds}`;
    const known = this.used.get(key);
    const counter = known?.window === window ? known : { window, requests: 0 };
    this.used.set(key, counter);
    return {
      counter,
      limit: requests,
      left: requests - counter.requests,
      resetSeconds: this.secondsLeft(window, lengthMs, at),
    };
  }

  private secondsLeft(window: number, lengthMs: number, at: number): number {
    const seconds = ((window + 1) * lengthMs - at) / 1_000;
    return this.timeScale === 1 ? Math.ceil(seconds) : Math.ceil(seconds * 1_000) / 1_000;
  }
}
