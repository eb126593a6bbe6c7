import type { Admin } from '../../support/index.js';
import type { Ledger } from './ledger.js';
import { marksIn, type Receiver } from './receivers.js';
import { outOfOrder } from './user-order.js';

/** What became of the acknowledged events at one destination. */
export interface Comparison {
  readonly receiver: string;
  /** Of those that the destination wants. */
  readonly acknowledged: number;
  /** Neither kept by the destination nor among its dead letters, and not erased. */
  readonly lost: readonly string[];
  /** The same of those that an erasure may have taken out. */
  readonly erased: number;
  readonly deadLettered: number;
  /** Kept by the destination, each as often as it was. */
  readonly copies: number;
  readonly kept: number;
  /** Whose events were looked at for their order, where the destination keeps it. */
  readonly orderedUsers: number;
  /** From the acknowledgement to the first arrival, in milliseconds. */
  readonly longestWayMs: number;
  /** What at-least-once does not excuse. */
  readonly faults: readonly string[];
}

interface ParkedEvent {
  readonly id: string;
  readonly mark: string;
}

/** Shown of a long list. */
const SHOWN = 5;

export async function compare(ledger: Ledger, receiver: Receiver, control: Admin): Promise<Comparison> {
  const counts = new Map<string, number>();
  const firstAt = new Map<string, number>();
  for (const { mark, at } of receiver.arrivals()) {
    counts.set(mark, (counts.get(mark) ?? 0) + 1);
    if (!firstAt.has(mark)) firstAt.set(mark, at);
  }
  const parked = (await deadLetters(control, receiver.name)).filter(({ mark }) => ledger.sent.has(mark));
  const parkedMarks = new Set(parked.map(({ mark }) => mark));
  const wanted = [...ledger.acknowledged.keys()].filter((mark) => isWanted(ledger, receiver, mark));
  const missing = wanted.filter((mark) => !counts.has(mark) && !parkedMarks.has(mark));
  const lost = missing.filter((mark) => !ledger.mayBeErased(mark));
  return {
    receiver: receiver.name,
    acknowledged: wanted.length,
    lost,
    erased: missing.length - lost.length,
    deadLettered: parked.length,
    copies: [...counts.values()].reduce((sum, count) => sum + count, 0),
    kept: counts.size,
    orderedUsers: receiver.isOrdered ? new Set(wanted.map((mark) => ledger.sent.get(mark)?.happening.user)).size : 0,
    longestWayMs: longestWayMs(ledger, firstAt),
    faults: [
      ...strangers(ledger, receiver, counts.keys()),
      ...settledTwice(counts, parked),
      ...changedRepeats(receiver),
      ...(receiver.keepsRequests ? identities(ledger, receiver) : []),
      ...(receiver.isOrdered ? sample(outOfOrder(ledger, receiver)) : []),
    ],
  };
}

function longestWayMs({ acknowledged }: Ledger, firstAt: ReadonlyMap<string, number>): number {
  let longest = 0;
  for (const [mark, { acknowledgedAt }] of acknowledged) {
    longest = Math.max(longest, (firstAt.get(mark) ?? acknowledgedAt) - acknowledgedAt);
  }
  return longest;
}

function isWanted({ sent }: Ledger, receiver: Receiver, mark: string): boolean {
  const event = sent.get(mark);
  return event !== undefined && receiver.wants(event.happening);
}

function strangers(ledger: Ledger, receiver: Receiver, marks: Iterable<string>): readonly string[] {
  const strange = [...marks].filter((mark) => !isWanted(ledger, receiver, mark));
  return sample(
    strange.map((mark) => `${mark} arrived, and ${ledger.sent.has(mark) ? 'is not wanted here' : 'nobody sent it'}`),
  );
}

/** One mark is one dead letter, and what is one was not taken. Kixo's events have no id that would tell a repeat. */
function settledTwice(kept: ReadonlyMap<string, number>, parked: readonly ParkedEvent[]): readonly string[] {
  const faults: string[] = [];
  const known = new Set<string>();
  for (const { mark } of parked) {
    if (known.has(mark) && !isKixo(mark)) faults.push(`${mark} has two dead letters`);
    if (kept.has(mark)) faults.push(`${mark} was delivered, and is a dead letter`);
    known.add(mark);
  }
  return sample(faults);
}

/** A request that is repeated under its key is the same request. */
function changedRepeats(receiver: Receiver): readonly string[] {
  const bodies = new Map<string, string>();
  const faults: string[] = [];
  for (const { key, body } of receiver.requests()) {
    const first = bodies.get(key) ?? body;
    bodies.set(key, first);
    if (first !== body) faults.push(`${key} was repeated with another content`);
  }
  return sample(faults);
}

/**
 * One event has one id and stays in one request: what is repeated is the request, never mixed with other events. Only
 * an erasure may change a request, which then has another key.
 */
function identities(ledger: Ledger, receiver: Receiver): readonly string[] {
  const { acknowledged } = ledger;
  const changed = new Set<string>();
  const ids = new Map<string, string>();
  const keys = new Map<string, string>();
  const faults: string[] = [];
  for (const { key, body } of receiver.requests()) {
    const events = eventsIn(body);
    if (events.some(({ mark }) => ledger.mayBeErased(mark))) changed.add(key);
    for (const { id, mark } of events) {
      const firstId = ids.get(mark) ?? id;
      const firstKey = keys.get(mark) ?? key;
      ids.set(mark, firstId);
      keys.set(mark, firstKey);
      if (firstId !== id) faults.push(`${mark} arrived as ${firstId} and as ${id}`);
      const sentTwice = isKixo(mark) && acknowledged.get(mark)?.repeated === true;
      if (firstKey !== key && !sentTwice && !changed.has(firstKey))
        faults.push(`${mark} (${id}) went out under ${firstKey} and under ${key}`);
    }
  }
  return sample(faults);
}

function eventsIn(body: string): readonly ParkedEvent[] {
  const { events } = JSON.parse(body) as { readonly events: readonly { readonly id: string }[] };
  return events.map((event) => ({ id: event.id, mark: marksIn(JSON.stringify(event))[0] ?? 'none' }));
}

async function deadLetters(control: Admin, destinationId: string): Promise<readonly ParkedEvent[]> {
  const found: ParkedEvent[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = `&limit=250${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await control.ask('GET', `/dead-letters?destinationId=${destinationId}${page}`);
    const { data, nextCursor } = body as { readonly data: readonly object[]; readonly nextCursor: string | null };
    for (const letter of data) {
      const { event } = letter as { readonly event: { readonly id: string } };
      found.push({ id: event.id, mark: marksIn(JSON.stringify(event))[0] ?? 'none' });
    }
    cursor = nextCursor;
  }
  return found;
}

const isKixo = (mark: string): boolean => mark.startsWith('kixo-');

function sample(faults: readonly string[]): readonly string[] {
  if (faults.length <= SHOWN) return faults;
  return [...faults.slice(0, SHOWN), `… and ${faults.length - SHOWN} more of this kind`];
}
