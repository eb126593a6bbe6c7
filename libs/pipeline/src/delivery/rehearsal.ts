import type { CanonicalEvent } from '#canonical';
import { connectorSettings, type Destination } from '#control-plane';
import type { Connector, LostField, OutboundRequest, Refusal } from '#destinations';
import { redactBody, redactHeaders, redactQuery } from '#platform';
import { compileMatch, mismatch, type Mismatch } from '../routing/match.js';
import { fromRanges } from '../segment/position-ranges.js';
import type { Part } from './batch-record.js';
import { newPart, planParts } from './plan.js';
import { requestKey } from './request-key.js';
import { compileTransform } from './transform.js';

/** A request as people may see it: credentials replaced, a JSON body parsed. */
export interface ShownRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Rehearsal {
  /** At least one event is wanted. */
  readonly matched: boolean;
  /** Why not, where none is. */
  readonly rule?: Mismatch;
  /** What would be sent for all of the events, wanted or not. */
  readonly requests: readonly ShownRequest[];
  readonly lost: readonly LostField[];
  /** Events the destination cannot be sent, by position. */
  readonly unsendable: readonly (Refusal & { readonly index: number })[];
}

/** What a destination would be sent: the same match, transform, plan and encode as in a delivery, and nothing sent. */
export function rehearse(
  destination: Destination,
  connector: Connector,
  events: readonly CanonicalEvent[],
  now: number,
): Rehearsal {
  const matcher = compileMatch(destination.match);
  const mismatches = events.map((event) => mismatch(matcher, event));
  const transform = compileTransform(destination.transform);
  const outgoing = transform ? events.map(transform) : events;
  const settings = connectorSettings(destination, now);
  const plan = planParts(outgoing, connector, settings);
  const [rule] = mismatches;
  const matched = mismatches.includes(undefined);
  return {
    matched,
    ...(matched || rule === undefined ? {} : { rule }),
    requests: plan.parts.flatMap((part) => shownRequests(part, destination, connector, outgoing, now)),
    lost:
      connector.transport === 'http'
        ? distinct(outgoing.flatMap((event) => connector.lost?.(event, settings) ?? []))
        : [],
    unsendable: [
      ...plan.notWanted.map((index) => ({ index, code: 'not_wanted', detail: 'the destination has no place for it' })),
      ...plan.rejected.map(({ member, code, detail }) => ({ index: member, code, detail })),
    ],
  };
}

function shownRequests(
  part: Part,
  destination: Destination,
  connector: Connector,
  events: readonly CanonicalEvent[],
  now: number,
): readonly ShownRequest[] {
  const members = fromRanges(part.members);
  const chosen = members.flatMap((member) => events[member] ?? []);
  if (connector.transport === 'log') return [{ method: 'LOG', url: '', headers: {}, body: chosen }];
  const identity = { key: requestKey('preview', part.lane, part.members), attemptAt: now };
  const { maxEvents } = connector.limits;
  if (chosen.length > Math.min(maxEvents, destination.batch.maxEvents)) {
    const half = Math.ceil(members.length / 2);
    return [members.slice(0, half), members.slice(half)].flatMap((some) =>
      shownRequests(newPart(part.lane, some), destination, connector, events, now),
    );
  }
  return [shownRequest(connector.encode(chosen, part.lane, connectorSettings(destination, now), identity))];
}

export function shownRequest({
  method,
  url,
  headers,
  body,
  secretHeaders,
  secretMembers = [],
}: OutboundRequest): ShownRequest {
  const text = redactBody(String(body), secretMembers);
  return { method, url: redactQuery(url), headers: redactHeaders(headers, secretHeaders), body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function distinct(fields: readonly LostField[]): readonly LostField[] {
  return [...new Map(fields.map((lost) => [`${lost.field}\0${lost.reason}`, lost])).values()];
}
