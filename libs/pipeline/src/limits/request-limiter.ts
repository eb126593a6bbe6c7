import type { RateWindow } from '#destinations';
import type { RedisConnections } from '#platform';
import { leaseScript } from './lease.script.js';

export interface LimitState {
  readonly windows: readonly RateWindow[];
  /** Requests left in the longest window. */
  readonly remaining: number;
  readonly resetSeconds: number;
}

export type LimitVerdict =
  | { readonly kind: 'allowed'; readonly state: LimitState }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number };

/** A lease is this share of its window: few enough trips, and little is left over in a process that falls idle. */
const LEASE_SHARE = 0.1;
/** A window is leased out after ten rounds at the latest; twice as many, since one may end meanwhile. */
const MAX_ROUNDS = 20;
const FORGET_EVERY_MS = 60_000;

interface Lease {
  /** Requests this process may still let through. */
  left: number;
  /** Granted to all processes in this window. */
  granted: number;
  /** End of the window by this process's monotonic clock (ms). */
  endsAt: number;
  pending: Promise<void> | undefined;
}

/**
 * Ingest rate limits over all processes: each leases requests in chunks, ahead of need, so that hardly a request waits
 * for Redis. One process alone keeps a limit exactly. While Redis is away nothing is limited: nothing is accepted then.
 */
export class LeasedRequestLimiter {
  private readonly leases = new Map<string, Lease>();

  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly redis: RedisConnections) {}

  start(): void {
    this.timer = setInterval(() => this.forgetEnded(), FORGET_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  take(sourceId: string, bucket: string, windows: readonly RateWindow[]): LimitVerdict | Promise<LimitVerdict> {
    if (windows.length === 0) return { kind: 'allowed', state: { windows, remaining: 0, resetSeconds: 0 } };
    const leases = windows.map((window) => this.lease(sourceId, bucket, window));
    const missing = windows.filter((_, i) => !usable(leases[i]));
    if (missing.length === 0) return this.spend(sourceId, bucket, windows, leases);
    return this.renewThenSpend(sourceId, bucket, windows, leases);
  }

  private async renewThenSpend(
    sourceId: string,
    bucket: string,
    windows: readonly RateWindow[],
    leases: readonly Lease[],
  ): Promise<LimitVerdict> {
    // Others may take what was leased while we waited: a burst is refused only once nothing is left to lease.
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await Promise.all(
        windows.map(async (window, i) => {
          const lease = leases[i];
          if (lease && !usable(lease) && !exhausted(lease, window)) await this.renew(sourceId, bucket, window, lease);
        }),
      );
      if (leases.every(usable)) return this.spend(sourceId, bucket, windows, leases);
      if (windows.some((window, i) => exhausted(leases[i], window))) break;
    }
    const waitMs = Math.max(
      ...leases.filter((lease) => !usable(lease)).map((lease) => lease.endsAt - performance.now()),
    );
    return { kind: 'limited', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) };
  }

  private spend(
    sourceId: string,
    bucket: string,
    windows: readonly RateWindow[],
    leases: readonly Lease[],
  ): LimitVerdict {
    let longest = 0;
    windows.forEach((window, i) => {
      const lease = leases[i];
      if (!lease) return;
      lease.left--;
      if (window.perSeconds > (windows[longest]?.perSeconds ?? 0)) longest = i;
      const low = lease.left < chunkOf(window) / 2;
      if (low && lease.granted < window.requests && !lease.pending) void this.renew(sourceId, bucket, window, lease);
    });
    const window = windows[longest];
    const lease = leases[longest];
    const remaining = window && lease ? window.requests - lease.granted + lease.left : 0;
    const resetSeconds = lease ? Math.max(0, Math.ceil((lease.endsAt - performance.now()) / 1_000)) : 0;
    return { kind: 'allowed', state: { windows, remaining, resetSeconds } };
  }

  private lease(sourceId: string, bucket: string, window: RateWindow): Lease {
    const key = keyOf(sourceId, bucket, window);
    const known = this.leases.get(key);
    if (known) {
      if (known.endsAt <= performance.now() && !known.pending) Object.assign(known, { left: 0, granted: 0 });
      return known;
    }
    const lease: Lease = { left: 0, granted: 0, endsAt: 0, pending: undefined };
    this.leases.set(key, lease);
    return lease;
  }

  private renew(sourceId: string, bucket: string, window: RateWindow, lease: Lease): Promise<void> {
    lease.pending ??= this.fetch(keyOf(sourceId, bucket, window), window, lease).finally(
      () => (lease.pending = undefined),
    );
    return lease.pending;
  }

  private async fetch(key: string, window: RateWindow, lease: Lease): Promise<void> {
    const chunk = chunkOf(window);
    try {
      const values = [window.requests, chunk, Math.ceil(window.perSeconds * 1_000)];
      const reply = (await leaseScript.run(this.redis.shared, [key], values)) as number[];
      const [granted = 0, total = 0, leftMs = 0] = reply;
      const endsAt = performance.now() + Math.max(1, leftMs);
      // A total that fell belongs to a new window: what was left of the old one is gone with it.
      if (total < lease.granted || lease.endsAt <= performance.now()) lease.left = 0;
      lease.left += granted;
      lease.granted = total;
      lease.endsAt = endsAt;
    } catch {
      Object.assign(lease, { left: chunk, granted: chunk, endsAt: performance.now() + 1_000 });
    }
  }

  private forgetEnded(): void {
    const now = performance.now();
    for (const [key, lease] of this.leases) {
      if (lease.endsAt < now && !lease.pending) this.leases.delete(key);
    }
  }
}

const usable = (lease: Lease | undefined): boolean =>
  lease !== undefined && lease.left > 0 && lease.endsAt > performance.now();

const exhausted = (lease: Lease | undefined, window: RateWindow): boolean =>
  lease !== undefined && lease.left <= 0 && lease.granted >= window.requests && lease.endsAt > performance.now();

const chunkOf = (window: RateWindow): number => Math.max(1, Math.ceil(window.requests * LEASE_SHARE));

const keyOf = (sourceId: string, bucket: string, window: RateWindow): string =>
  `gw:{rl:${sourceId}}:${bucket}:${window.requests}/${window.perSeconds}`;
