import { Buffer } from 'node:buffer';
import type { Connector } from '#destinations';
import type { Match, Transform } from '../model.js';
import { pointerTo, type PointedFault } from '../json-pointer.js';
import { checkGlob } from './glob-check.js';
import { checkWhere } from './where-check.js';

const MAX_NAME_LENGTH = 500;
const MAX_RENAMES = 500;
const MAX_SET_BYTES = 64 * 1024;

/** Faults of the rule that says which events a destination wants. Sources may be named before they exist. */
export function checkMatch(match: Match, knownDialects: readonly string[], pointer: string): readonly PointedFault[] {
  const dialects = (match.dialects ?? []).flatMap((dialect, index) =>
    knownDialects.includes(dialect)
      ? []
      : [{ pointer: pointerTo(`${pointer}/dialects`, index), message: `must be one of ${knownDialects.join(', ')}` }],
  );
  const where = match.where ? checkWhere(match.where, `${pointer}/where`) : [];
  return [...dialects, ...checkGlobs(match.events ?? [], `${pointer}/events`), ...where];
}

export function checkTransform(
  transform: Transform,
  connector: Pick<Connector, 'type' | 'verifiedIdentity'>,
  pointer: string,
): readonly PointedFault[] {
  return [
    ...checkRenames(transform.renameEvents ?? {}, `${pointer}/renameEvents`),
    ...checkRenames(transform.renameProperties ?? {}, `${pointer}/renameProperties`),
    ...checkGlobs(transform.dropProperties ?? [], `${pointer}/dropProperties`),
    ...checkGlobs(transform.hashProperties ?? [], `${pointer}/hashProperties`),
    ...checkHashIdentity(transform.hashIdentity ?? [], connector, `${pointer}/hashIdentity`),
    ...checkAdditions(transform, `${pointer}/setProperties`),
  ];
}

function checkGlobs(globs: readonly string[], pointer: string): readonly PointedFault[] {
  return globs.flatMap((glob, index) => {
    const message = checkGlob(glob);
    return message === undefined ? [] : [{ pointer: pointerTo(pointer, index), message }];
  });
}

/** A destination that checks the form of a field would refuse every event with a hash in it. */
function checkHashIdentity(
  fields: readonly string[],
  { type, verifiedIdentity = [] }: Pick<Connector, 'type' | 'verifiedIdentity'>,
  pointer: string,
): readonly PointedFault[] {
  return fields.flatMap((field, index) =>
    verifiedIdentity.includes(field)
      ? [{ pointer: pointerTo(pointer, index), message: `${type} takes a real ${field} only and would refuse a hash` }]
      : [],
  );
}

function checkRenames(renames: Readonly<Record<string, unknown>>, pointer: string): readonly PointedFault[] {
  const entries = Object.entries(renames);
  if (entries.length > MAX_RENAMES) return [{ pointer, message: `must not have more than ${MAX_RENAMES} members` }];
  return entries.flatMap(([from, to]) => {
    const named = typeof to === 'string' && to !== '' && to !== '__proto__' && to.length <= MAX_NAME_LENGTH;
    if (named && from !== '__proto__') return [];
    return [{ pointer: pointerTo(pointer, from), message: `must be a name of 1 to ${MAX_NAME_LENGTH} characters` }];
  });
}

function checkAdditions({ setProperties = {} }: Transform, pointer: string): readonly PointedFault[] {
  if (Buffer.byteLength(JSON.stringify(setProperties)) <= MAX_SET_BYTES) return [];
  return [{ pointer, message: `must not be larger than ${MAX_SET_BYTES} bytes` }];
}
