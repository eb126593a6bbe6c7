import type { AppendRequest, StoredRequest } from '#dialects';
import { memoryId } from './memory-ports.js';

/** The n-th appended request as the worker finds it. Frozen: decode must not write on it. */
export function storedRequest(append: AppendRequest, request: number): StoredRequest {
  const refused = new Set(append.checked.rejected.map(({ index }) => index));
  return {
    body: deepFreeze(JSON.parse(append.body.toString('utf8'))),
    route: append.route,
    headers: append.headers,
    sourceId: append.sourceId,
    receivedAt: append.receivedAt,
    accepts: (index) => !refused.has(index),
    idAt: (index) => memoryId(request, index),
  };
}

function deepFreeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
