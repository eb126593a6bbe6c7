import type { TraceParent } from '#platform';
import { fromRanges } from '../segment/position-ranges.js';
import type { SegmentStore } from '../segment/segment-store.js';
import type { BatchRecord } from './batch-record.js';

/** A span with more links than this helps nobody. */
const MAX_LINKS = 32;

/** The traces of the requests that the batch's events came in with, each once; only the first ones of a large batch. */
export async function traceLinks(segments: SegmentStore, { references }: BatchRecord): Promise<readonly TraceParent[]> {
  const found = new Set<TraceParent>();
  for (const [segmentId, ranges] of references.slice(0, MAX_LINKS)) {
    const head = await segments.head(segmentId);
    const positions = fromRanges(ranges);
    for (const { traceparent, base, total } of head?.header.requests ?? []) {
      if (traceparent === undefined || found.size >= MAX_LINKS) continue;
      if (positions.some((position) => position >= base && position < base + total)) found.add(traceparent);
    }
  }
  return [...found];
}
