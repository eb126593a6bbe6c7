import { PUT_BACK } from '../../segment/event-decoder.js';
import { parseEventId } from '../../segment/segment-id.js';
import type { SegmentEvents, SegmentHead } from '../../segment/segment-store.js';

/** Learns whose ids name their segment, and what therefore need not be read to find an id. */
export class SelfNaming {
  private readonly dialects = new Set<string>();

  covers({ header }: SegmentHead): boolean {
    return header.requests.every(({ dialect }) => this.dialects.has(dialect));
  }

  learn({ id, header }: SegmentHead, events: SegmentEvents): void {
    for (const { dialect, base, total } of header.requests) {
      if (dialect === PUT_BACK) continue;
      const first = events.slice(base, base + total).find((event) => event !== undefined);
      if (first && namesItself(first.id, id)) this.dialects.add(dialect);
    }
  }
}

export function namesItself(eventId: string, segmentId: string): boolean {
  return parseEventId(eventId)?.segmentId === segmentId;
}
