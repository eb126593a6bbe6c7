import { createHash } from 'node:crypto';
import type { CanonicalEvent } from '#canonical';
import { shardOfSource } from '../keys.js';
import { toRanges, type PositionRanges } from '../segment/position-ranges.js';

/** A segment's events by whose order they keep. */
export interface UserShares {
  /** Positions by user; a user is `<shard>.<digest>`, the same for all that a source says of one person. */
  readonly users: ReadonlyMap<string, PositionRanges>;
  /** Events without any user keep no order. */
  readonly withoutUser: readonly number[];
}

/** `positions` ascending. An event that is not there any more has no user. */
export function usersOf(events: readonly (CanonicalEvent | undefined)[], positions: readonly number[]): UserShares {
  const named = new Map<string, { readonly sourceId: string; readonly positions: number[] }>();
  const withoutUser: number[] = [];
  for (const position of positions) {
    const event = events[position];
    const name = event && userName(event);
    if (!event || name === undefined) {
      withoutUser.push(position);
      continue;
    }
    const known = named.get(name);
    if (known) known.positions.push(position);
    else named.set(name, { sourceId: event.source.id, positions: [position] });
  }
  const users = new Map<string, PositionRanges>();
  for (const [name, { sourceId, positions: own }] of named) users.set(userKey(sourceId, name), toRanges(own));
  return { users, withoutUser };
}

/** The user as the source names it: by the strongest of the three names that the event has. */
function userName({ user_id, anonymous_id, identity, source }: CanonicalEvent): string | undefined {
  if (user_id) return `${source.id}\0user\0${user_id}`;
  if (anonymous_id) return `${source.id}\0anonymous\0${anonymous_id}`;
  const device = identity?.device_id;
  return device ? `${source.id}\0device\0${device}` : undefined;
}

/** Two users with the same digest would wait for each other, and nothing worse. */
function userKey(sourceId: string, name: string): string {
  return `${shardOfSource(sourceId)}.${createHash('sha1').update(name).digest('base64url').slice(0, 16)}`;
}
