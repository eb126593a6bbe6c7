import type { CanonicalEvent } from '#canonical';

/** Neighbours and what they are together: `{…},{…}`, in UTF-8. */
interface Run {
  readonly events: readonly CanonicalEvent[];
  readonly bytes: Buffer;
}

const MAX_RUN_EVENTS = 64;
const OPEN = Buffer.from('{"events":[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']}');

/**
 * Runs of events by the first of each. Events are written out once, however many webhooks they go to: fan-out would
 * otherwise cost a serialization each, and it mostly cuts batches at the same places. Runs live as long as their
 * decoded events, which the segment cache bounds.
 */
const runs = new WeakMap<CanonicalEvent, Run>();

/** `{"events":[…]}` in UTF-8. */
export function eventsBody(events: readonly CanonicalEvent[]): Buffer {
  const parts: Buffer[] = [OPEN];
  for (let at = 0; at < events.length;) {
    const run = knownRun(events, at) ?? newRun(events, at);
    if (at > 0) parts.push(COMMA);
    parts.push(run.bytes);
    at += run.events.length;
  }
  parts.push(CLOSE);
  return Buffer.concat(parts);
}

function knownRun(events: readonly CanonicalEvent[], at: number): Run | undefined {
  const first = events[at];
  const run = first && runs.get(first);
  return run?.events.every((event, i) => event === events[at + i]) === true ? run : undefined;
}

/** Ends where a known run begins, so that batches cut at other places fall into step. */
function newRun(events: readonly CanonicalEvent[], from: number): Run {
  let to = from + 1;
  for (; to < events.length && to - from < MAX_RUN_EVENTS; to++) {
    const next = events[to];
    if (next && runs.has(next)) break;
  }
  const members = events.slice(from, to);
  const run = { events: members, bytes: Buffer.from(JSON.stringify(members)).subarray(1, -1) };
  const [first] = members;
  if (first) runs.set(first, run);
  return run;
}
