import type { Attempt, BatchRecord } from '../delivery/batch-record.js';
import { countRanges } from '../segment/position-ranges.js';

export const DELIVERY_STATES = ['waiting', 'retrying', 'delivered', 'partial', 'dead_lettered', 'not_wanted'] as const;

/** Of a batch: `partial` has been settled in different ways. */
export type BatchState = (typeof DELIVERY_STATES)[number];

export interface DeliveryView {
  readonly id: string;
  readonly destinationId: string;
  readonly state: BatchState;
  /** When it was gathered. */
  readonly at: string;
  readonly finishedAt: string | null;
  readonly events: number;
  readonly delivered: number;
  readonly duplicate: number;
  readonly notWanted: number;
  readonly deadLettered: number;
  /** Not settled yet. */
  readonly open: number;
  /** Why events became dead letters, each code once. */
  readonly codes: readonly string[];
  /** The latest ones; `events` says how many each carried. */
  readonly attempts: readonly (Omit<Attempt, 'events'> & { readonly events: number })[];
  readonly nextAttemptAt: string | null;
}

/** A batch record as admins see it. `finishedAt` in milliseconds since 1970. */
export function deliveryView(destinationId: string, record: BatchRecord, finishedAt: number | undefined): DeliveryView {
  const { settled } = record;
  const delivered = countRanges(settled.delivered);
  const duplicate = countRanges(settled.duplicate);
  const notWanted = countRanges(settled.notWanted);
  const deadLettered = settled.rejected.length;
  const counts = { delivered, duplicate, notWanted, deadLettered };
  return {
    id: record.id,
    destinationId,
    state: finishedAt === undefined ? openState(record) : finishedState(counts),
    at: new Date(record.at).toISOString(),
    finishedAt: finishedAt === undefined ? null : new Date(finishedAt).toISOString(),
    events: record.count,
    ...counts,
    open: record.count - delivered - duplicate - notWanted - deadLettered,
    codes: [...new Set(settled.rejected.map(({ code }) => code))],
    attempts: record.attempts.map((attempt) => ({ ...attempt, events: countRanges(attempt.events) })),
    nextAttemptAt: nextAttemptAt(record),
  };
}

function openState({ parts }: BatchRecord): BatchState {
  return parts?.some(({ attempts }) => attempts > 0) ? 'retrying' : 'waiting';
}

function finishedState({
  delivered,
  duplicate,
  notWanted,
  deadLettered,
}: Readonly<Record<string, number>>): BatchState {
  if (deadLettered === 0) return delivered === 0 && duplicate === 0 && notWanted ? 'not_wanted' : 'delivered';
  return delivered || duplicate || notWanted ? 'partial' : 'dead_lettered';
}

function nextAttemptAt({ parts }: BatchRecord): string | null {
  const times = (parts ?? []).map(({ notBefore }) => notBefore).filter((time) => time > 0);
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString();
}
