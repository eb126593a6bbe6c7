import { invalid } from '#control-plane';
import { SHARD_COUNT } from '../keys.js';

/**
 * How far a reader of recent events has come, newest first. One number a shard: events that are accepted meanwhile shift
 * nothing, and those that are forgotten leave no hole.
 */
export interface EventsCursor {
  /** By shard: segments from this acceptance sequence on were read. Undefined: none yet. */
  readonly ends: readonly (number | undefined)[];
  /** A segment that was read in part: the last one below its shard's end, from this position on. */
  readonly partial?: { readonly shard: number; readonly before: number };
}

export const NEWEST: EventsCursor = { ends: Array.from({ length: SHARD_COUNT }, () => undefined) };

const FORM = /^1:([0-9a-z.]*):(?:([0-9a-z]{1,2})\.([0-9a-z]{1,4}))?$/;

export function writeEventsCursor({ ends, partial }: EventsCursor): string {
  const place = partial ? `${partial.shard.toString(36)}.${partial.before.toString(36)}` : '';
  const text = `1:${ends.map((end) => end?.toString(36) ?? '').join('.')}:${place}`;
  return Buffer.from(text).toString('base64url');
}

/** Throws what the admin API answers as a fault of the caller. */
export function readEventsCursor(cursor: string): EventsCursor {
  const [, texts = '', shard, before] = FORM.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const ends = texts.split('.').map((text) => (text === '' ? undefined : Number.parseInt(text, 36)));
  const read: EventsCursor = {
    ends,
    ...(shard === undefined || before === undefined
      ? {}
      : { partial: { shard: Number.parseInt(shard, 36), before: Number.parseInt(before, 36) } }),
  };
  if (ends.length === SHARD_COUNT && writeEventsCursor(read) === cursor) return read;
  throw invalid([{ pointer: '/cursor', message: 'must be the nextCursor of an earlier answer' }]);
}
