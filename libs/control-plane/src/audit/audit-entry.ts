import type { Author } from './author.js';

/** What somebody does to one thing. Names only: no value, no credential and nothing about a person belongs in it. */
export interface AuditedAct {
  /** A verb, e.g. `create`, `update`, `delete`, `rotate`, `pause`, `discard`. */
  readonly action: string;
  /** `kind` e.g. `source`, `destination`, `dead-letter`, `replay`. An id that is known only afterwards is null at first. */
  readonly target: { readonly kind: string; readonly id: string | null };
  /** Names of the members that change. */
  readonly members?: readonly string[];
}

/** `under_way`: it was begun; where that stays, the process or the store went away before the end was known. */
export type AuditOutcome = 'under_way' | 'done' | 'failed';

export interface AuditEntry {
  /** `aud_<number>`, rising. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly actor: { readonly id: string; readonly name: string };
  readonly action: string;
  readonly target: AuditedAct['target'];
  readonly members: readonly string[];
  readonly origin: Author['origin'];
  readonly outcome: AuditOutcome;
}

/** One entry before the store has given it its number. */
export interface AuditDraft {
  readonly author: Author;
  readonly act: AuditedAct;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly outcome: AuditOutcome;
}

const FORMAT = 1;
/** The time stands in front, in clear, so that a script can tell the age of an entry. */
const TIME_DIGITS = 13;

export function writeEntry({ author, act, at, outcome }: AuditDraft): string {
  const { action, target, members = [] } = act;
  const { id, name, origin } = author;
  const stored = { format: FORMAT, actor: { id, name }, action, target, members, origin, outcome };
  return String(at).padStart(TIME_DIGITS, '0') + JSON.stringify(stored);
}

export function readEntry(number: number, text: string): AuditEntry {
  const { actor, action, target, members, origin, outcome } = JSON.parse(text.slice(TIME_DIGITS)) as AuditEntry;
  const at = new Date(Number(text.slice(0, TIME_DIGITS))).toISOString();
  return { id: entryId(number), at, actor, action, target, members, origin, outcome };
}

export function entryId(number: number): string {
  return `aud_${number}`;
}
