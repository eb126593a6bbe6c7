import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { dialectClients, metricOf, until, type AdminAnswer } from '../../support/index.js';
import { NUMBERS_PER_SEED, userNames } from './clients.js';
import type { Ledger } from './ledger.js';
import { ORDERED_DIALECT } from './webhook-receivers.js';
import { repackedSegments } from './repacked.js';
import { REPACKED_FROM_BYTES, type World } from './world.js';

/** What it is that waits while others have settled their part. */
const PAUSED = 'rare';
const REPLAYED = 'ordered';
const REPLAY_EVERY_MS = 500;
const MOST_GOOD = 100;
const PATIENCE_MS = 60_000;

/** What is done by hand while everything breaks. Follows from the seed. */
export interface Acts {
  readonly pauses: boolean;
  readonly erases: boolean;
  readonly replays: boolean;
}

export const actsOf = (seed: number): Acts => ({
  pauses: seed % 2 === 0,
  erases: seed % 3 !== 1,
  replays: seed % 2 === 1,
});

/**
 * Whoever runs the installation: pauses a destination until what it keeps is repacked, forgets a person, and has dead
 * letters sent again though their destination goes on refusing them.
 */
export class Operator {
  private readonly acts: Acts;
  private readonly startedAt = Date.now();
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

  /** As long as everything breaks: replays are interrupted in each of their steps. */
  async replay(lastsMs: number): Promise<void> {
    if (!this.acts.replays) return;
    for (const until = Date.now() + lastsMs; Date.now() < until; await delay(REPLAY_EVERY_MS)) {
      // Whether it is answered or not, it may be under way.
      await this.world.admin
        .ask('POST', '/replays', { destinationId: REPLAYED, from: 'dead-letters' })
        .catch(() => undefined);
    }
  }

  /** Dead letters that were sent again in this round. */
  async countReplayed(): Promise<number> {
    const { body } = await this.insist('GET', '/replays?limit=250');
    const { data } = body as { readonly data: readonly { readonly createdAt: string; readonly queued: number }[] };
    const ofRound = data.filter(({ createdAt }) => Date.parse(createdAt) >= this.startedAt);
    return ofRound.reduce((sum, { queued }) => sum + queued, 0);
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
    if (this.acts.replays) await this.endReplays();
    const { erasureId } = this;
    if (erasureId === undefined) return;
    const isDone = async (): Promise<boolean> => {
      const { body } = await this.world.admin.ask('GET', `/erasures/${erasureId}`);
      return (body as { readonly state: string }).state === 'done';
    };
    await until(isDone, { timeoutMs: PATIENCE_MS, what: 'the erasure to be done' });
    // What was asked for without getting an answer may be under way as well, and its worker killed in the middle.
    await this.untilNothingIn('gw:{erasures}:active', 'every erasure to be done');
  }

  /** A run of refused events opens a breaker, which only good ones close. */
  private async endReplays(): Promise<void> {
    await this.untilNothingIn('gw:{replays}:active', 'every replay to be done');
    const client = dialectClients.find(({ dialect }) => dialect === ORDERED_DIALECT);
    if (!client) return;
    for (let n = 1; n <= MOST_GOOD && (await this.world.admin.stats(REPLAYED)).waiting > 0; n++) {
      const mark = `${client.dialect}-${(this.seed + 1) * NUMBERS_PER_SEED - n}`;
      const happening = { mark, name: 'good', user: mark, time: new Date().toISOString(), kind: 'timed' } as const;
      const { path, headers, body } = client.request([happening], `key-${mark}`);
      this.ledger.send([happening]);
      const answer = await fetch(`${this.world.apiUrl}${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const entry = { dialect: client.dialect, acknowledgedAt: Date.now(), repeated: false };
      if (client.success.includes(answer.status)) this.ledger.acknowledged.set(mark, entry);
      await delay(REPLAY_EVERY_MS);
    }
  }

  private async untilNothingIn(key: string, what: string): Promise<void> {
    const client = new Redis(this.world.redis.port, '127.0.0.1');
    try {
      const isDone = async (): Promise<boolean> => (await client.exists(key)) === 0;
      await until(isDone, { timeoutMs: PATIENCE_MS, what });
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
