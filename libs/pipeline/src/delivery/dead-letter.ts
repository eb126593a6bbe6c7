import type { CanonicalEvent } from '#canonical';
import type { Refusal } from '#destinations';

/** What an answer is cut to where it is shown. */
const SHOWN_BODY_CHARACTERS = 2_000;

/** Parked for good, with all it takes to send it again. */
export interface DeadLetter {
  readonly id: string;
  readonly destinationId: string;
  readonly event: CanonicalEvent;
  readonly reason: Refusal;
  readonly lastResponse: { readonly status: number; readonly body: string } | null;
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
  reason: Refusal,
  answer: { readonly lastResponse?: { readonly status: number; readonly body: string } },
  attempts: number,
  now: number,
): readonly [string, string] {
  const id = deadLetterId(destinationId, event.id);
  const { lastResponse } = answer;
  const letter: DeadLetter = {
    id,
    destinationId,
    event,
    reason: { code: reason.code, detail: reason.detail.slice(0, SHOWN_BODY_CHARACTERS) },
    lastResponse: lastResponse
      ? { status: lastResponse.status, body: lastResponse.body.slice(0, SHOWN_BODY_CHARACTERS) }
      : null,
    attempts,
    at: new Date(now).toISOString(),
  };
  return [id, JSON.stringify(letter)];
}
