import { Redis, type RedisOptions } from 'ioredis';

/** Answers keep the shapes they have always had, whatever protocol is spoken. */
export type SteadyOptions = RedisOptions & { replyMapping?: 'legacy' };

const AGAIN_MS = 250;

/**
 * Never gives up. ioredis does, for good, where a Sentinel announces a new master just while another one is being asked for
 * it: the announcement aborts the attempt to connect, and nobody makes a further one.
 */
export class SteadyRedis extends Redis {
  private leftAlone = false;

  override async connect(): Promise<void> {
    this.leftAlone = false;
    try {
      await super.connect();
    } catch (error) {
      // Everything else that can go wrong is tried again by ioredis itself.
      if (this.status === 'end') setTimeout(() => this.tryAgain(), AGAIN_MS).unref();
      throw error;
    }
  }

  override disconnect(reconnect = false): void {
    this.leftAlone = !reconnect;
    super.disconnect(reconnect);
  }

  private tryAgain(): void {
    if (this.leftAlone || this.status !== 'end') return;
    this.connect().catch(() => undefined);
  }
}
