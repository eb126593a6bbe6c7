import type { Subject } from './subject.js';

/** `closing`: once more over what was on its way while the erasure ran. */
export type ErasureState = 'running' | 'closing' | 'done';

/** Erased so far. */
export interface ErasureCounts {
  readonly events: number;
  readonly deadLetters: number;
  /** Requests whose refused items are no longer kept. */
  readonly rejections: number;
}

/** An erasure as it is stored. Every step may be repeated, so after a crash it goes on from its cursor. */
export interface ErasureRecord {
  readonly v: 1;
  readonly id: string;
  readonly subject: Subject;
  readonly state: ErasureState;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** Events looked at. */
  readonly scanned: number;
  /** By shard: the acceptance sequence up to which it is done. */
  readonly cursor: Readonly<Record<string, number>>;
  /** By shard: the sequence at which the closing look begins. */
  readonly ends: Readonly<Record<string, number>>;
  /** When the closing look may begin (ms). */
  readonly closingAt: number;
  /** Set when it is done: until then the counts stand where the events stood. */
  readonly counts?: ErasureCounts;
  /** Whether Redis was asked to write its append-only file anew. */
  readonly fileRewritten?: boolean;
}

export function readErasure(text: string): ErasureRecord {
  const record = JSON.parse(text) as ErasureRecord;
  if (record.v !== 1) throw new Error(`erasure version ${String(record.v)} is not known to this release`);
  return record;
}
