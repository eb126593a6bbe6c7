import type { CanonicalEvent } from '#canonical';
import type { Connector, ConnectorSettings, Placement } from '#destinations';
import { fromRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import type { Part, Rejected } from './batch-record.js';
import { ascending } from './search.js';

export interface Plan {
  readonly parts: readonly Part[];
  readonly notWanted: readonly number[];
  readonly rejected: readonly Rejected[];
}

interface Group {
  readonly lane: string;
  readonly members: number[];
}

/**
 * Sorts a batch's events into the requests they may share: one lane each, and never two that must stay apart. Pure, so that
 * a repeat after a crash comes to the same requests. A missing event (its segment is gone) is not wanted any more.
 */
export function planParts(
  events: readonly (CanonicalEvent | undefined)[],
  connector: Connector,
  settings: ConnectorSettings,
): Plan {
  const notWanted: number[] = [];
  const rejected: Rejected[] = [];
  const seen = new Map<string, number>();
  const groups: Group[] = [];
  /** By lane, and there by how many must be kept apart from. */
  const turns = new Map<string, Group[]>();
  events.forEach((event, member) => {
    if (!event) {
      notWanted.push(member);
      return;
    }
    const placement = placeOf(event, connector, settings);
    if (placement.kind === 'not_wanted') notWanted.push(member);
    else if (placement.kind === 'rejected') rejected.push({ member, ...placement.refusal });
    else {
      const { lane, repeat } = laneOf(event, placement, seen);
      let ofLane = turns.get(lane);
      if (!ofLane) turns.set(lane, (ofLane = []));
      const group = ofLane[repeat];
      if (group) group.members.push(member);
      else groups.push((ofLane[repeat] = { lane, members: [member] }));
    }
  });
  const parts = groups.flatMap(({ lane, members }) => partsOf(lane, members, connector));
  return { parts, notWanted, rejected };
}

/** The plan of an earlier run, less the events that were erased since: nobody wants them any more. */
export function withoutErased(parts: readonly Part[], events: readonly (CanonicalEvent | undefined)[]): Plan {
  const members = parts.flatMap((part) => fromRanges(part.members));
  const gone = new Set(members.filter((member) => events[member] === undefined));
  if (gone.size === 0) return { parts, notWanted: [], rejected: [] };
  const left = (ranges: PositionRanges): PositionRanges =>
    toRanges(fromRanges(ranges).filter((member) => !gone.has(member)));
  const kept = parts.map((part): Part => {
    const { search, ...rest } = { ...part, members: left(part.members) };
    const suspects = left(search?.suspects ?? '');
    // Where every suspect is gone, so is the culprit.
    return search && suspects !== '' ? { ...rest, search: { ...search, suspects, aside: left(search.aside) } } : rest;
  });
  return { parts: kept.filter(({ members }) => members !== ''), notWanted: ascending([...gone]), rejected: [] };
}

/** An event that a connector fails on costs the others nothing, and can be replayed once the connector is mended. */
function placeOf(event: CanonicalEvent, connector: Connector, settings: ConnectorSettings): Placement {
  if (connector.transport !== 'http') return LOG_LANE;
  try {
    return connector.place(event, settings);
  } catch (error) {
    return { kind: 'rejected', refusal: { code: 'connector_fault', detail: String(error) } };
  }
}

/**
 * The lane of an event, and how many it must be kept apart from there. A copy of an event, known by its id, never moves to
 * the lane for repeats: in its own lane the vendor drops it.
 */
function laneOf(
  { id }: CanonicalEvent,
  { lane, distinct = id, repeatLane }: Extract<Placement, { kind: 'lane' }>,
  seen: Map<string, number>,
): { readonly lane: string; readonly repeat: number } {
  // Copies may differ in what makes events distinct: a device that sends again has its clock corrected anew.
  const repeat = Math.max(seen.get(distinct) ?? 0, seen.get(id) ?? 0);
  const moves = repeat > 0 && repeatLane !== undefined && !seen.has(id);
  if (!moves) seen.set(distinct, repeat + 1);
  if (distinct !== id) seen.set(id, moves ? 1 : repeat + 1);
  return moves ? { lane: repeatLane, repeat: 0 } : { lane, repeat };
}

/** As many parts as the lane's bound makes of them. */
function partsOf(lane: string, members: readonly number[], connector: Connector): readonly Part[] {
  const size = (connector.transport === 'http' ? connector.maxEventsIn?.(lane) : undefined) ?? members.length;
  const parts: Part[] = [];
  for (let i = 0; i < members.length; i += size) parts.push(newPart(lane, members.slice(i, i + size)));
  return parts;
}

const LOG_LANE = { kind: 'lane', lane: 'log' } as const;

export function newPart(lane: string, members: readonly number[]): Part {
  return { lane, members: toRanges(members), attempts: 0, firstAttemptAt: null, heldMs: 0, notBefore: 0 };
}
