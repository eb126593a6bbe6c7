import { randomBytes } from 'node:crypto';
import { invalid, type Configuration } from '#control-plane';
import type { RedisConnections } from '#platform';
import { progressOf, type ReplayProgress } from './replay-progress.js';
import type { ReplayOrder, ReplayRecord, ReplayState } from './replay-record.js';
import type { ReplayRunner } from './replay-runner.js';
import type { ReplayStore, StoredReplay } from './replay.store.js';

/** Counting goes on in the background after this. */
const COUNT_MS = 5_000;

export interface ReplayView extends ReplayProgress {
  readonly id: string;
  readonly state: ReplayState;
  readonly destinationId: string;
  readonly from: ReplayOrder['from'];
  readonly dryRun: boolean;
  /** Exact; null while it is being counted. */
  readonly matched: number | null;
  /** Put back for delivery so far. */
  readonly queued: number;
  readonly createdAt: string;
}

/** Sending again what was refused or has been: events keep their ids. */
export class ReplaysService {
  constructor(
    private readonly redis: RedisConnections,
    private readonly store: ReplayStore,
    private readonly runner: ReplayRunner,
    private readonly configuration: Configuration,
  ) {}

  async create(order: ReplayOrder): Promise<ReplayView> {
    const destination = this.configuration.destinations.get(order.destinationId);
    if (!destination) throw invalid([{ pointer: '/destinationId', message: 'is not a destination' }]);
    const now = Date.now();
    const record: ReplayRecord = {
      v: 1,
      id: `rpl_${now.toString(36)}${randomBytes(5).toString('hex')}`,
      order,
      state: 'counting',
      createdAt: new Date(now).toISOString(),
      matched: null,
      queued: 0,
      horizon: now,
      cursor: {},
      segments: [],
    };
    const matched = await this.runner.count(record, destination, now + COUNT_MS);
    const state = matched === undefined ? 'counting' : order.dryRun ? 'done' : 'running';
    const stored = await this.store.create({ ...record, state, matched: matched ?? null });
    return this.view((stored ?? { record }).record);
  }

  async find(id: string): Promise<ReplayView | undefined> {
    const stored = await this.store.find(id);
    return stored && this.view(stored.record);
  }

  /** Newest first, which is descending by id. */
  async ids(): Promise<readonly string[]> {
    return (await this.store.ids()).sort((a, b) => (a < b ? 1 : -1));
  }

  /** What was put back stays so; the rest stays where it is. */
  async cancel(id: string): Promise<ReplayView | undefined> {
    for (;;) {
      const stored: StoredReplay | undefined = await this.store.find(id);
      if (!stored) return undefined;
      if (stored.record.state === 'done' || stored.record.state === 'cancelled') return this.view(stored.record);
      const saved = await this.store.save(stored, { ...stored.record, state: 'cancelled' });
      if (saved) return this.view(saved.record);
    }
  }

  private async view(record: ReplayRecord): Promise<ReplayView> {
    const { id, state, order, matched, queued, createdAt } = record;
    const { destinationId, from, dryRun } = order;
    const progress = await progressOf(this.redis, destinationId, await this.store.putBackBy(record));
    return { id, state, destinationId, from, dryRun, matched, queued, ...progress, createdAt };
  }
}
