import { createHash } from 'node:crypto';
import type { ScriptArgument } from '#platform';
import { shardKeys } from '../keys.js';
import { fromRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import type { EncodedSegment, RequestHeader } from '../segment/segment-format.js';
import { eventId } from '../segment/segment-id.js';
import type { IntakeChecked, IntakeRequest, RecallRequest, RepeatResult } from './append-request.js';
import { eachNaturalKey, NATURAL_BUCKET_MS, NATURAL_BUCKETS, naturalBuckets } from './natural-keys.js';

const IDEMPOTENCY_SECONDS = 24 * 3_600;
const NATURAL_LIFETIME_SECONDS = (NATURAL_BUCKETS + 1) * (NATURAL_BUCKET_MS / 1_000);

type Rejected = IntakeChecked['rejected'][number];

/**
 * What is stored under an idempotency key: enough to give the first answer again. What is said of many events is written
 * once: a request of 3 KB may have a thousand that are refused.
 */
interface IdempotencyRecord {
  readonly v: 2;
  readonly segmentId: string;
  readonly base: number;
  readonly checked: Omit<IntakeChecked, 'rejected' | 'naturalKeys'>;
  readonly refused: readonly (readonly [PositionRanges, Omit<Rejected, 'index'>])[];
  readonly route?: string;
  readonly bodyDigest?: string;
}

/** Of earlier releases. */
interface WordyRecord {
  readonly v: 1;
  readonly segmentId: string;
  readonly base: number;
  readonly checked: IntakeChecked;
  /** Earlier releases did not keep it. */
  readonly route?: string;
  readonly bodyDigest?: string;
}

export interface Placed {
  readonly request: IntakeRequest;
  readonly base: number;
}

/** Gives each request its positions in the segment, in order of arrival. */
export function place(requests: readonly IntakeRequest[]): readonly Placed[] {
  let base = 0;
  return requests.map((request) => {
    const placed = { request, base };
    base += request.checked.total;
    return placed;
  });
}

export function requestHeader({ request, base }: Placed): RequestHeader {
  const { requestId, sourceId, dialect, route, headers, receivedAt, body, checked, traceparent } = request;
  const { total } = checked;
  const rejected = toRanges(checked.rejected.map((rejection) => rejection.index));
  const header = {
    requestId,
    sourceId,
    dialect,
    route,
    headers,
    receivedAt,
    base,
    total,
    rejected,
    bytes: body.length,
  };
  return traceparent === undefined ? header : { ...header, traceparent };
}

/** Without a key there is nothing to look up: most requests, which the script then needs not hear of one by one. */
export const hasKeys = ({ idempotency, checked }: IntakeRequest): boolean =>
  idempotency !== undefined || checked.naturalKeys !== undefined;

/** Keys and arguments of the append script; see there for their order. */
export function appendArguments(
  shard: number,
  segmentId: string,
  segment: EncodedSegment,
  placed: readonly Placed[],
  now: number,
  deadline: number,
): { readonly keys: readonly string[]; readonly values: readonly ScriptArgument[] } {
  const keys = [
    shardKeys.segment(shard, segmentId),
    shardKeys.unrouted(shard),
    shardKeys.counters(shard),
    shardKeys.segments(shard),
  ];
  for (const bucket of naturalBuckets(now)) keys.push(shardKeys.natural(shard, bucket));
  const values: ScriptArgument[] = [
    segmentId,
    segment.header,
    segment.bodies,
    NATURAL_BUCKETS,
    NATURAL_LIFETIME_SECONDS,
    deadline,
    ...counts(placed),
  ];
  for (const { request, base } of placed) {
    if (!hasKeys(request)) continue;
    const { sourceId, checked, idempotency } = request;
    const keyIndex = idempotency ? keys.push(idempotencyKey(shard, { sourceId, idempotency })) : 0;
    const record = idempotency ? recordText(segmentId, base, request) : '';
    const naturals = naturalDigests(request);
    values.push(keyIndex, IDEMPOTENCY_SECONDS, record, base, checked.total, checked.total - checked.rejected.length);
    values.push(naturals.length / 2, ...naturals);
  }
  return { keys, values };
}

/** Positions, events accepted by requests without keys, requests with keys. */
function counts(placed: readonly Placed[]): readonly [number, number, number] {
  let positions = 0;
  let accepted = 0;
  let keyed = 0;
  for (const { request } of placed) {
    const { total, rejected } = request.checked;
    positions += total;
    if (hasKeys(request)) keyed++;
    else accepted += total - rejected.length;
  }
  return [positions, accepted, keyed];
}

function recordText(segmentId: string, base: number, request: IntakeRequest): string {
  const { naturalKeys: _, rejected, ...checked } = request.checked;
  const { route, idempotency } = request;
  const origin = { segmentId, base, route, bodyDigest: idempotency?.bodyDigest };
  const record: IdempotencyRecord = { v: 2, ...origin, checked, refused: alike(rejected) };
  return JSON.stringify(record);
}

function alike(rejected: readonly Rejected[]): IdempotencyRecord['refused'] {
  const positions = new Map<string, number[]>();
  for (const { index, ...said } of rejected) {
    const key = JSON.stringify(said);
    const list = positions.get(key);
    if (list) list.push(index);
    else positions.set(key, [index]);
  }
  return [...positions].map(([said, list]) => [toRanges(list), JSON.parse(said) as Omit<Rejected, 'index'>]);
}

function checkedOf(record: IdempotencyRecord | WordyRecord): IntakeChecked {
  if (record.v === 1) return record.checked;
  const rejected = record.refused.flatMap(([ranges, said]) => fromRanges(ranges).map((index) => ({ index, ...said })));
  return { ...record.checked, rejected: rejected.sort((one, other) => one.index - other.index) };
}

/** What a stored record makes of a request with its key. */
export function repeatOf(stored: string, bodyDigest: string | undefined): RepeatResult {
  const first = JSON.parse(stored) as IdempotencyRecord | WordyRecord;
  if (first.bodyDigest !== undefined && first.bodyDigest !== bodyDigest) return { kind: 'conflict' };
  const { segmentId, base, route } = first;
  const checked = checkedOf(first);
  const idAt = (index: number): string => eventId(segmentId, base + index);
  return { kind: 'repeated', checked, idAt, ...(route !== undefined && { route }) };
}

export function idempotencyKey(shard: number, { sourceId, idempotency }: RecallRequest): string {
  return shardKeys.idempotency(shard, digest(`${sourceId}\0${idempotency.key}`, 18));
}

/** Position and short digest by turns. Nine bytes: one false repeat in 10^12 at a thousand million keys a day. */
function naturalDigests({ sourceId, checked }: IntakeRequest): (string | number)[] {
  const flat: (string | number)[] = [];
  eachNaturalKey(checked, (key, position) => flat.push(position, digest(`${sourceId}\0${key}`, 9)));
  return flat;
}

/** As UTF-8 all lone surrogates would be the same. */
function digest(text: string, bytes: number): string {
  const written = text.isWellFormed() ? text : JSON.stringify(text);
  return createHash('sha256').update(written).digest().subarray(0, bytes).toString('base64url');
}
