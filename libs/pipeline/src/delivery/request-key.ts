import { createHash } from 'node:crypto';
import type { PositionRanges } from '../segment/position-ranges.js';

/**
 * The key of a request: `req_`, the batch id and a digest of what of the batch it carries. Other members make another
 * key, the same ones the same key, so no state is needed to repeat a request after a crash.
 */
export function requestKey(batchId: string, lane: string, members: PositionRanges): string {
  const digest = createHash('sha256').update(`${lane}\0${members}`).digest('hex').slice(0, 12);
  return `req_${batchId}_${digest}`;
}
