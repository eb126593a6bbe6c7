import { randomInt } from 'node:crypto';
import { SHARD_COUNT } from '../keys.js';

/**
 * `<time:9><shard:2><unique:6>` in base 36: ordered by time, and the shard can be read from it. An event id is `evt_`,
 * the segment id and the event's position (3 digits), so an event's segment is found without an index.
 */
const TIME_DIGITS = 9;
const SHARD_DIGITS = 2;
const UNIQUE_DIGITS = 6;
const POSITION_DIGITS = 3;
export const SEGMENT_ID_LENGTH = TIME_DIGITS + SHARD_DIGITS + UNIQUE_DIGITS;
const UNIQUE_VALUES = 36 ** UNIQUE_DIGITS;

/** Positions a segment can have: 46,656. */
export const MAX_SEGMENT_POSITIONS = 36 ** POSITION_DIGITS;

const digits = (value: number, length: number): string => value.toString(36).padStart(length, '0');

// A random start and a step of one: ids of one process never meet, and two processes meet once in two thousand million.
let unique = randomInt(UNIQUE_VALUES);

export function newSegmentId(shard: number, now: number): string {
  unique = (unique + 1) % UNIQUE_VALUES;
  return digits(now, TIME_DIGITS) + digits(shard, SHARD_DIGITS) + digits(unique, UNIQUE_DIGITS);
}

export function shardOfSegment(segmentId: string): number {
  return Number.parseInt(segmentId.slice(TIME_DIGITS, TIME_DIGITS + SHARD_DIGITS), 36);
}

/** Milliseconds since 1970. */
export function timeOfSegment(segmentId: string): number {
  return Number.parseInt(segmentId.slice(0, TIME_DIGITS), 36);
}

const POSITION_TEXT: readonly string[] = Array.from({ length: MAX_SEGMENT_POSITIONS }, (_, position) =>
  digits(position, POSITION_DIGITS),
);

export function eventId(segmentId: string, position: number): string {
  return `evt_${segmentId}${POSITION_TEXT[position] ?? digits(position, POSITION_DIGITS)}`;
}

export interface EventPlace {
  readonly segmentId: string;
  readonly position: number;
}

/** Undefined for ids that no segment can have given (content ids may still look like one). */
export function parseEventId(id: string): EventPlace | undefined {
  if (!/^evt_[0-9a-z]{20}$/.test(id)) return undefined;
  const segmentId = id.slice(4, 4 + SEGMENT_ID_LENGTH);
  if (shardOfSegment(segmentId) >= SHARD_COUNT) return undefined;
  return { segmentId, position: Number.parseInt(id.slice(4 + SEGMENT_ID_LENGTH), 36) };
}
