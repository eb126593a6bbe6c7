import { createHash } from 'node:crypto';
import type { Checked, IngestRoute } from '../dialect.js';
import type { AppendRequest, RecallRequest } from '../ports.js';
import type { IngestCall } from './ingest-call.js';
import type { Received } from './receive-body.js';

/** The caller's key, if it sent one that is not empty. */
export function idempotencyKey(call: IngestCall<IngestRoute>): string | undefined {
  const { idempotency } = call.lane.route;
  const key = idempotency && call.view.headers[idempotency.header];
  return key === '' ? undefined : key;
}

export function appendRequest(
  call: IngestCall<IngestRoute>,
  checked: Checked,
  { body, bytes }: Received,
  key: string | undefined,
): AppendRequest {
  const { route } = call.lane;
  const { traceparent } = call.view.headers;
  return {
    requestId: call.view.requestId,
    sourceId: call.source?.id ?? '',
    dialect: call.dialect.name,
    route: route.id,
    headers: keptHeaders(call),
    receivedAt: call.receivedAt,
    body: call.dialect.scrub?.(bytes, body) ?? bytes,
    checked: key === undefined || route.idempotency?.keepNames ? checked : withoutNames(checked),
    ...(traceparent !== undefined && { callerTrace: traceparent }),
    ...(key !== undefined && { idempotency: idempotencyOf(route, key, bytes) }),
  };
}

/** What is kept with a key is kept for a day: no more than the answer needs. */
function withoutNames(checked: Checked): Checked {
  return { ...checked, rejected: checked.rejected.map(({ name: _, ...rejection }) => rejection) };
}

export function recallRequest(call: IngestCall<IngestRoute>, { bytes }: Received, key: string): RecallRequest {
  return { sourceId: call.source?.id ?? '', idempotency: idempotencyOf(call.lane.route, key, bytes) };
}

function idempotencyOf(route: IngestRoute, key: string, bytes: Buffer): RecallRequest['idempotency'] {
  const scope = route.idempotency?.scope === 'source' ? '' : route.id;
  return { key: `${scope}:${key}`, ...(route.idempotency?.compareBody && { bodyDigest: sha256(bytes) }) };
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

function keptHeaders(call: IngestCall<IngestRoute>): Readonly<Record<string, string>> {
  const { keepHeaders } = call.lane.route;
  if (!keepHeaders) return NO_HEADERS;
  const present = keepHeaders.map((name) => [name, call.view.headers[name]] as const);
  return Object.fromEntries(present.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
