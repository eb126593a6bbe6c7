import type { CanonicalEvent } from '#canonical';
import type { Connector, ConnectorSettings, HttpConnector, Interpretation } from '#destinations';
import { advance, sending } from '../../libs/pipeline/src/delivery/advance.js';
import { planParts } from '../../libs/pipeline/src/delivery/plan.js';
import { requestKey } from '../../libs/pipeline/src/delivery/request-key.js';
import { fromRanges } from '../../libs/pipeline/src/segment/position-ranges.js';

/** What became of a batch, by event id. */
export interface Delivery {
  readonly requests: number;
  readonly delivered: readonly string[];
  readonly duplicate: readonly string[];
  readonly notWanted: readonly string[];
  /** `id: detail` */
  readonly rejected: readonly string[];
  readonly notes: readonly string[];
}

const retry = { maxAttempts: 3, maxAgeSeconds: 60, minDelayMs: 1, maxDelayMs: 1 };
/** More mean that it does not end. */
const MAX_REQUESTS = 200;

/**
 * Delivers one batch over real HTTP with the pipeline's own rules and nothing of its clockwork: no queue, no waiting, no
 * breaker.
 */
export async function deliver(
  connector: Connector,
  settings: ConnectorSettings,
  events: readonly CanonicalEvent[],
): Promise<Delivery> {
  if (connector.transport !== 'http') throw new Error(`${connector.type} sends nothing`);
  const plan = planParts(events, connector, settings);
  const ids = (members: readonly number[]): string[] => members.map((member) => events[member]?.id ?? '');
  const settled = { delivered: [] as string[], duplicate: [] as string[], notes: [] as string[] };
  const rejected = [...plan.rejected];
  let requests = 0;
  let parts = plan.parts;
  for (let [part, ...others] = parts; part; [part, ...others] = parts) {
    if (++requests > MAX_REQUESTS) throw new Error(`still undelivered after ${MAX_REQUESTS} requests`);
    const members = sending(part);
    const chosen = fromRanges(members).flatMap((member) => events[member] ?? []);
    const key = requestKey('b1', part.lane, members);
    const meaning = await exchange(connector, settings, chosen, part.lane, key);
    if (meaning.kind === 'delivered' && meaning.note !== undefined) settled.notes.push(meaning.note);
    const step = advance(part, meaning, retry, { now: 1, random: 0, refusals: 0 });
    settled.delivered.push(...ids(step.delivered));
    settled.duplicate.push(...ids(step.duplicate));
    rejected.push(...step.rejected);
    parts = [...step.parts, ...others];
  }
  return {
    requests,
    ...settled,
    notWanted: ids(plan.notWanted),
    rejected: rejected.map(({ member, detail }) => `${events[member]?.id}: ${detail}`),
  };
}

/** Sends these events as one request, once. */
export async function exchange(
  connector: HttpConnector,
  settings: ConnectorSettings,
  events: readonly CanonicalEvent[],
  lane: string,
  key: string,
): Promise<Interpretation> {
  const request = connector.encode(events, lane, settings, { key, attemptAt: 0 });
  const { method, url, headers, body } = request;
  const answer = await fetch(url, { method, headers, body });
  const response = {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: await answer.text(),
    receivedAtMs: Date.now(),
  };
  return connector.interpret(response, events, lane);
}

/** An event of FloKit's, unless told otherwise; `n` makes its id and its user. */
export function eventOf(n: number, more: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return {
    id: `evt_${String(n).padStart(20, '0')}`,
    type: 'track',
    event: 'order_completed',
    user_id: `u-${n}`,
    anonymous_id: null,
    timestamp: '2026-05-01T10:00:05.000Z',
    received_at: '2026-05-01T10:00:06.000Z',
    properties: { n },
    source: { id: 'src-1', dialect: 'flokit' },
    ...more,
  };
}

/** `count` events, of which the one at `position` is another. */
export function batchWith(count: number, position: number, bad: Partial<CanonicalEvent>): readonly CanonicalEvent[] {
  return Array.from({ length: count }, (_, n) => eventOf(n, n === position ? bad : {}));
}
