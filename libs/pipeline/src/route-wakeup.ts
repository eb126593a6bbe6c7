import type { RedisConnections } from '#platform';
import { ROUTE_CHANNEL } from './keys.js';

/** Appends that come close together make one message. In milliseconds. */
const COLLECT_MS = 2;

/** Tells whoever routes that a shard has something: this process if it does, else all workers by message. */
export class RouteWakeup {
  private router: ((shard: number) => void) | undefined;
  private readonly waiting = new Set<number>();

  constructor(private readonly redis: RedisConnections) {}

  /** This process routes by itself. */
  bind(router: (shard: number) => void): void {
    this.router = router;
  }

  notify(shard: number): void {
    if (this.router) return this.router(shard);
    if (this.waiting.size === 0) setTimeout(() => this.publish(), COLLECT_MS);
    this.waiting.add(shard);
  }

  private publish(): void {
    const shards = [...this.waiting];
    this.waiting.clear();
    // A lost message only delays: workers sweep every second.
    for (const shard of shards) this.redis.shared.publish(ROUTE_CHANNEL, String(shard)).catch(() => undefined);
  }
}
