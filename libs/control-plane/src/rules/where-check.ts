import { isJsonObject, type Json, type JsonObject } from '#canonical';
import { pointerTo, type PointedFault } from '../json-pointer.js';
import { checkRegex } from './regex-check.js';

const MAX_DEPTH = 8;
const MAX_NODES = 500;
const MAX_TEXT_LENGTH = 1_000;
const MAX_LIST_LENGTH = 250;

type Faults = readonly PointedFault[];
type Check = (value: Json | undefined, pointer: string) => Faults;

const fault = (pointer: string, message: string): Faults => [{ pointer, message }];

const LOGICAL: ReadonlySet<string> = new Set(['$and', '$or', '$nor']);

/** Operators on a field's value. What is not listed here (`$where` above all, which would run code) is refused. */
const OPERATORS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['$eq', checkScalar],
  ['$ne', checkScalar],
  ['$gt', checkOrdered],
  ['$gte', checkOrdered],
  ['$lt', checkOrdered],
  ['$lte', checkOrdered],
  ['$in', checkScalars],
  ['$nin', checkScalars],
  ['$all', checkScalars],
  ['$exists', (value, pointer) => (typeof value === 'boolean' ? [] : fault(pointer, 'must be true or false'))],
  ['$size', checkSize],
  ['$not', checkOperators],
  ['$elemMatch', checkElement],
  ['$regex', (value, pointer) => (typeof value === 'string' ? [] : fault(pointer, 'must be a text'))],
  ['$options', (value, pointer) => (typeof value === 'string' ? [] : fault(pointer, 'must be a text'))],
]);

/** Every fault of a `where` condition; empty: it is safe to evaluate. */
export function checkWhere(where: JsonObject, pointer: string): Faults {
  const size = checkSizeOfCondition(where);
  return size === undefined ? checkCondition(where, pointer) : fault(pointer, size);
}

/** Walks without recursion: it runs before anything else may recurse. */
function checkSizeOfCondition(where: JsonObject): string | undefined {
  let level: readonly Json[] = [where];
  let nodes = 0;
  for (let depth = 0; level.length > 0; depth++) {
    nodes += level.length;
    if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`;
    if (nodes > MAX_NODES) return `must not have more than ${MAX_NODES} parts`;
    level = level.flatMap((node) => (Array.isArray(node) || isJsonObject(node) ? childrenOf(node) : []));
  }
  return undefined;
}

function childrenOf(node: readonly Json[] | JsonObject): readonly Json[] {
  return Object.values(node).filter((child): child is Json => child !== undefined);
}

function checkCondition(condition: JsonObject, pointer: string): Faults {
  return Object.entries(condition).flatMap(([key, value]) => {
    const at = pointerTo(pointer, key);
    if (LOGICAL.has(key)) return checkConditions(value, at);
    if (key.startsWith('$')) return fault(at, `${key} is not a supported operator here`);
    return [...checkPath(key, at), ...checkFieldValue(value, at)];
  });
}

function checkConditions(value: Json | undefined, pointer: string): Faults {
  if (!Array.isArray(value) || value.length === 0) return fault(pointer, 'must be a list of at least one condition');
  return value.flatMap((entry: Json, index) => {
    const at = pointerTo(pointer, index);
    return isJsonObject(entry) ? checkCondition(entry, at) : fault(at, 'must be a condition');
  });
}

function checkPath(path: string, pointer: string): Faults {
  const segments = path.split('.');
  if (path.length > MAX_TEXT_LENGTH) return fault(pointer, `must not be longer than ${MAX_TEXT_LENGTH} characters`);
  if (segments.includes('')) return fault(pointer, 'must be a dotted path such as properties.plan');
  if (segments.includes('__proto__')) return fault(pointer, 'must not name __proto__');
  return [];
}

function checkFieldValue(value: Json | undefined, pointer: string): Faults {
  if (isJsonObject(value)) return checkOperators(value, pointer);
  if (Array.isArray(value))
    return fault(pointer, 'must be a value or operators; use $in, $all or $elemMatch for lists');
  return checkScalar(value, pointer);
}

function checkOperators(value: Json | undefined, pointer: string): Faults {
  if (!isJsonObject(value)) return fault(pointer, 'must be operators such as {"$ne": "free"}');
  const keys = Object.keys(value);
  if (keys.length === 0) return fault(pointer, 'must have at least one operator');
  const faults = keys.flatMap((key) => {
    const at = pointerTo(pointer, key);
    const check = OPERATORS.get(key);
    if (check) return check(value[key], at);
    if (key.startsWith('$')) return fault(at, `${key} is not a supported operator`);
    return fault(at, 'must be an operator; reach into objects with a dotted path');
  });
  return faults.length > 0 ? faults : checkRegexPair(value, pointer);
}

function checkRegexPair({ $regex, $options }: JsonObject, pointer: string): Faults {
  if (typeof $regex !== 'string') {
    return $options === undefined ? [] : fault(pointerTo(pointer, '$options'), 'needs a $regex beside it');
  }
  const refusal = checkRegex($regex, typeof $options === 'string' ? $options : '');
  return refusal === undefined ? [] : fault(pointerTo(pointer, '$regex'), refusal);
}

/** The elements of a list are either objects, asked by field, or plain values, asked by operators. */
function checkElement(value: Json | undefined, pointer: string): Faults {
  if (!isJsonObject(value)) return fault(pointer, 'must be a condition');
  const keys = Object.keys(value);
  const onValues = keys.length > 0 && keys.every((key) => key.startsWith('$') && !LOGICAL.has(key));
  return onValues ? checkOperators(value, pointer) : checkCondition(value, pointer);
}

function checkScalar(value: Json | undefined, pointer: string): Faults {
  if (typeof value === 'object' && value !== null) return fault(pointer, 'must be a text, number, true, false or null');
  if (typeof value !== 'string' || value.length <= MAX_TEXT_LENGTH) return [];
  return fault(pointer, `must not be longer than ${MAX_TEXT_LENGTH} characters`);
}

function checkOrdered(value: Json | undefined, pointer: string): Faults {
  if (typeof value !== 'string' && typeof value !== 'number') return fault(pointer, 'must be a text or a number');
  return checkScalar(value, pointer);
}

function checkScalars(value: Json | undefined, pointer: string): Faults {
  if (!Array.isArray(value) || value.length === 0) return fault(pointer, 'must be a list of at least one value');
  if (value.length > MAX_LIST_LENGTH) return fault(pointer, `must not have more than ${MAX_LIST_LENGTH} values`);
  return value.flatMap((entry: Json, index) => checkScalar(entry, pointerTo(pointer, index)));
}

function checkSize(value: Json | undefined, pointer: string): Faults {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return fits ? [] : fault(pointer, 'must be a whole number, zero or more');
}
