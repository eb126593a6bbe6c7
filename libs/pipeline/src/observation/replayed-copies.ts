import type { CanonicalEvent } from '#canonical';
import type { ReplayStore } from '../replay/replay.store.js';
import type { EventPlace } from '../segment/segment-id.js';
import type { SegmentStore } from '../segment/segment-store.js';

/** Segments looked at, the newest first: what a replay of a million events put back is not read for one of them. */
const MAX_SEGMENTS = 250;

/** Finds the segments in which replays have put an event back. */
export class ReplayedCopies {
  constructor(
    private readonly replays: ReplayStore,
    private readonly segments: SegmentStore,
  ) {}

  /** By destination, oldest first. */
  async of(event: CanonicalEvent): Promise<ReadonlyMap<string, readonly EventPlace[]>> {
    const copies = new Map<string, EventPlace[]>();
    let left = MAX_SEGMENTS;
    // Newest first, which is descending by id.
    for (const id of (await this.replays.ids()).sort().reverse()) {
      if (left === 0) break;
      const record = (await this.replays.find(id))?.record;
      if (!record) continue;
      // Nothing is put back before it has come; the clocks of two processes may differ by a second.
      if (Date.parse(record.createdAt) + 1_000 < Date.parse(event.received_at)) break;
      const { destinationId } = record.order;
      const done = (await this.replays.putBackBy(record, left)).map(([segmentId]) => segmentId);
      // Earlier releases may have noted the one under way already.
      const putBack = new Set(record.pending ? [record.pending.segmentId, ...done] : done);
      for (const segmentId of [...putBack].slice(0, left)) {
        left--;
        const position = (await this.segments.events(segmentId))?.findIndex((other) => other?.id === event.id) ?? -1;
        if (position >= 0) copies.set(destinationId, [{ segmentId, position }, ...(copies.get(destinationId) ?? [])]);
      }
    }
    return copies;
  }
}
