import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { dialectClients, metricOf, until, type AdminAnswer } from '../../support/index.js';
import { userNames } from './clients.js';
import type { Ledger } from './ledger.js';
import { repackedSegments } from './repacked.js';
import { REPACKED_FROM_BYTES, type World } from './world.js';

/** What it is that waits while others have settled their part. */
const PAUSED = 'rare';
const PATIENCE_MS = 60_000;

/** What is done by hand while everything breaks. Follows from the seed. */
export interface Acts {
  readonly pauses: boolean;
  readonly erases: boolean;
}

export const actsOf = (seed: number): Acts => ({ pauses: seed % 2 === 0, erases: seed % 3 !== 1 });

/** Whoever runs the installation: pauses a destination until what it keeps is repacked, and forgets a person. */
export class Operator {
  private readonly acts: Acts;
  private erasureId: string | undefined;
  private before: ReadonlySet<string> = new Set();
  /** Seen so far: history may be cut meanwhile. */
  private readonly repacked = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly seed: number,
    private readonly ledger: Ledger,
  ) {
    this.acts = actsOf(seed);
  }

  /** Before anything is sent. */
  async begin(): Promise<void> {
    this.before = new Set(await repackedSegments(this.world.redis));
    if (this.acts.pauses) await this.insist('POST', `/destinations/${PAUSED}/pause`);
  }

  /** In the middle of it all. The person is one whose events no destination refuses: no dead letter goes. */
  async erase(afterMs: number): Promise<void> {
    const [client] = dialectClients;
    const user = client && userNames(this.seed, client, 0)[0];
    if (!this.acts.erases || user === undefined) return;
    await delay(afterMs);
    const forgotten = { user, until: Number.POSITIVE_INFINITY };
    this.ledger.forgotten = forgotten;
    const { body } = await this.insist('POST', '/erasures', { userId: user });
    forgotten.until = Date.now();
    this.erasureId = (body as { readonly id: string }).id;
  }

  /**
   * Once the others have settled their parts there is something to repack, or so little waits that nothing need be.
   * Rejects where neither comes true.
   */
  async untilRepacked(): Promise<void> {
    if (!this.acts.pauses) return;
    const isRepacked = async (): Promise<boolean> =>
      (await this.countRepacked()) > 0 ||
      (await metricOf({ baseUrl: this.world.apiUrl }, 'gateway_queued_bytes')) < REPACKED_FROM_BYTES;
    await until(isRepacked, { timeoutMs: PATIENCE_MS, what: `what ${PAUSED} keeps to be repacked` });
  }

  async end(): Promise<void> {
    if (this.acts.pauses) await this.insist('POST', `/destinations/${PAUSED}/resume`);
    const { erasureId } = this;
    if (erasureId === undefined) return;
    const isDone = async (): Promise<boolean> => {
      const { body } = await this.world.admin.ask('GET', `/erasures/${erasureId}`);
      return (body as { readonly state: string }).state === 'done';
    };
    await until(isDone, { timeoutMs: PATIENCE_MS, what: 'the erasure to be done' });
    await this.untilAllErased();
  }

  /** What was asked for without getting an answer may be under way as well, and its worker killed in the middle. */
  private async untilAllErased(): Promise<void> {
    const client = new Redis(this.world.redis.port, '127.0.0.1');
    try {
      const isDone = async (): Promise<boolean> => (await client.exists('gw:{erasures}:active')) === 0;
      await until(isDone, { timeoutMs: PATIENCE_MS, what: 'every erasure to be done' });
    } finally {
      client.disconnect();
    }
  }

  /** Segments that were repacked in this round, at least. */
  async countRepacked(): Promise<number> {
    for (const key of await repackedSegments(this.world.redis)) if (!this.before.has(key)) this.repacked.add(key);
    return this.repacked.size;
  }

  /** Asks until it is done: meanwhile everything breaks. */
  private insist(method: string, path: string, body?: object): Promise<AdminAnswer> {
    return until(
      async () => {
        const answer = await this.world.admin.ask(method, path, body);
        return answer.status < 300 ? answer : undefined;
      },
      { timeoutMs: PATIENCE_MS, what: `${method} ${path} to be done` },
    );
  }
}
