import type { Destination } from '#control-plane';
import type { Interpretation } from '#destinations';
import { fromRanges } from '../segment/position-ranges.js';
import { advance } from './advance.js';
import type { Answer, Attempt, Part } from './batch-record.js';
import { newPart } from './plan.js';
import type { Sent } from './request-sender.js';
import type { Change } from './settlement.js';
import { nothing, type Moment, type Step } from './step.js';

/** What an answer is cut to where it is shown. */
const SHOWN_BODY_CHARACTERS = 2_000;
/** Every attempt keeps so much of its answer. */
const KEPT_RESPONSE_CHARACTERS = 500;

/** What the request makes of its part. */
export function stepFor(
  part: Part,
  sent: Exclude<Sent, { kind: 'aborted' }>,
  destination: Destination,
  moment: Moment,
): Step {
  if (sent.kind === 'answered') return advance(part, sent.interpretation, destination.retry, moment);
  return oversize(part, sent.bytes, sent.maxBytes);
}

const PUTS_OFF: ReadonlySet<string> = new Set(['throttled', 'retry', 'paused'] satisfies Interpretation['kind'][]);

/**
 * What an address or account answers that is not asked any more. It is taken at its word for what it settled, but says
 * nothing of the one that is asked now: what it put off goes there at once.
 */
export function stepOfFormer(part: Part, sent: Exclude<Sent, { kind: 'aborted' }>, step: Step): Step {
  const putsOff = sent.kind === 'answered' && PUTS_OFF.has(sent.interpretation.kind);
  const settled = putsOff ? { ...nothing, parts: [part] } : step;
  return { ...settled, health: { kind: 'unknown' }, refusedSingles: 0, holdMs: 0 };
}

/** Too large before it was sent: cut into as many equal parts as should fit, or dead if it is one event. */
function oversize(part: Part, bytes: number, maxBytes: number): Step {
  const members = fromRanges(part.members);
  const [single] = members;
  if (members.length === 1 && single !== undefined) {
    const detail = `the request would be ${bytes} bytes, the destination takes ${maxBytes}`;
    const rejected = [{ member: single, code: 'event_too_large', detail }];
    return { ...nothing, rejected, parts: [], health: { kind: 'unknown' } };
  }
  const size = Math.ceil(members.length / Math.ceil((bytes / maxBytes) * 1.05));
  const parts: Part[] = [];
  for (let i = 0; i < members.length; i += size) {
    parts.push({ ...newPart(part.lane, members.slice(i, i + size)), attempts: part.attempts });
  }
  return { ...nothing, parts, health: { kind: 'unknown' } };
}

/** The line of the trace. */
export function attemptOf(
  sent: Exclude<Sent, { kind: 'aborted' }>,
  step: Step,
  key: string,
  members: string,
  now: number,
): Pick<Change, 'attempt'> {
  if (sent.kind === 'oversize') return {};
  const { status, code, tookMs, interpretation, request, body } = sent;
  const attempt: Attempt = {
    at: new Date(now).toISOString(),
    key,
    events: members,
    ...(status === undefined ? {} : { status }),
    code,
    outcome: outcomeWord(interpretation, step),
    tookMs,
    ...(request === undefined ? {} : { request }),
    ...(body === '' ? {} : { response: body.slice(0, KEPT_RESPONSE_CHARACTERS) }),
    ...doubtsOf(interpretation),
  };
  return { attempt };
}

function doubtsOf(interpretation: Interpretation): Pick<Attempt, 'note' | 'shortfall'> {
  if (interpretation.kind !== 'delivered' && interpretation.kind !== 'per_event') return {};
  const { note, shortfall } = interpretation;
  return { ...(note === undefined ? {} : { note }), ...(shortfall === undefined ? {} : { shortfall }) };
}

export function answerOf(sent: Sent): { readonly answer?: Answer } {
  if (sent.kind !== 'answered' || sent.status === undefined) return {};
  return { answer: { status: sent.status, body: sent.body.slice(0, SHOWN_BODY_CHARACTERS) } };
}

function outcomeWord(interpretation: Interpretation, step: Step): string {
  if (interpretation.kind !== 'per_event') return interpretation.kind;
  return step.rejected.length === 0 && step.parts.length === 0 ? 'delivered' : 'partial';
}
