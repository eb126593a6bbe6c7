import type { CanonicalEvent } from '#canonical';
import type { Refusal } from '#destinations';
import type { Answer } from './batch-record.js';

const SHOWN_DETAIL_CHARACTERS = 2_000;

/** Parked for good, with all it takes to send it again. */
export interface DeadLetter {
  readonly id: string;
  readonly destinationId: string;
  readonly event: CanonicalEvent;
  readonly reason: Refusal;
  readonly lastResponse: Answer | null;
  readonly attempts: number;
  /** ISO 8601. */
  readonly at: string;
}

/** One dead letter per event and destination; a dot cannot be in a destination's id. */
export const deadLetterId = (destinationId: string, eventId: string): string => `${destinationId}.${eventId}`;

export function destinationOfDeadLetter(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('.')));
}

/** Id and JSON, as the settle script takes them. */
export function deadLetter(
  destinationId: string,
  event: CanonicalEvent,
  reason: Refusal & { readonly answer?: Answer },
  attempts: number,
  now: number,
): readonly [string, string] {
  const id = deadLetterId(destinationId, event.id);
  const letter: DeadLetter = {
    id,
    destinationId,
    event,
    reason: { code: reason.code, detail: reason.detail.slice(0, SHOWN_DETAIL_CHARACTERS) },
    lastResponse: reason.answer ?? null,
    attempts,
    at: new Date(now).toISOString(),
  };
  return [id, JSON.stringify(letter)];
}
