import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CanonicalEvent } from '#canonical';
import type { Configuration, Destination } from '#control-plane';
import type { Log } from '#platform';
import { fromRanges, joinRanges, toRanges, type PositionRanges } from '../segment/position-ranges.js';
import { liveRanges } from '../segment/segment-format.js';
import type { SegmentEvents, SegmentHead, SegmentStore } from '../segment/segment-store.js';
import { writeAllotment } from './decision.js';
import { compileMatch, type Matcher } from './match.js';

/** Answers at the door must not wait for a condition to look at all events of a segment. In milliseconds. */
const LONGEST_MS = 5;

/** What tells which events a destination wants. */
interface Judge {
  readonly matcher: Matcher;
  /** Why its `match` cannot be applied: the matcher knows origins only, and what fits them waits to be judged. */
  readonly fault?: string;
}

/** Chooses who wants what. A destination whose `match` fails costs the others nothing: what it may want is held for it. */
export class Chooser {
  private judges: ReadonlyMap<Destination, Judge> = new Map();

  constructor(
    private readonly configuration: Configuration,
    private readonly segments: SegmentStore,
    private readonly log: Log,
  ) {}

  /** Takes up the configuration as it is now. */
  refresh(): void {
    const { destinations } = this.configuration;
    this.judges = new Map([...destinations.values()].map((destination) => [destination, this.judgeOf(destination)]));
  }

  /** Why the destination's `match` cannot be applied; undefined: it can. */
  fault(destination: Destination): string | undefined {
    return this.judgeOf(destination).fault;
  }

  /** Allotments by destination. Events are read only if a destination looks into them. */
  async wantedBy(segment: SegmentHead): Promise<ReadonlyMap<string, string>> {
    const live = segment.header.requests.map((request) => liveRanges(request, segment.duplicates));
    const wanted = new Map<string, string>();
    let events: SegmentEvents | undefined;
    for (const [destination, { matcher, fault }] of this.judges) {
      const ofOrigin = joinRanges(
        segment.header.requests.flatMap(({ sourceId, dialect }, i) =>
          matcher.origin(sourceId, dialect) === undefined ? (live[i] ?? []) : [],
        ),
      );
      if (ofOrigin === '') continue;
      let chosen: PositionRanges | undefined = ofOrigin;
      if (matcher.event) {
        events ??= await this.segments.events(segment.id);
        chosen = await this.chosen(destination, matcher, ofOrigin, events);
      }
      const unjudged = fault !== undefined || chosen === undefined;
      const ranges = chosen ?? ofOrigin;
      if (ranges !== '') wanted.set(destination.id, writeAllotment({ ranges, unjudged }));
    }
    return wanted;
  }

  /** Which of the held positions the destination wants; undefined: it still cannot tell. */
  async judged(destination: Destination, segmentId: string, held: PositionRanges): Promise<PositionRanges | undefined> {
    const { matcher, fault } = this.judgeOf(destination);
    if (fault !== undefined) return undefined;
    const events = await this.segments.events(segmentId);
    const ofOrigin = fromRanges(held).filter((position) => fitsOrigin(matcher, events?.[position]));
    return this.chosen(destination, matcher, toRanges(ofOrigin), events);
  }

  /** Undefined: the destination's condition fails on one of the events. */
  private async chosen(
    { id }: Destination,
    { event: test }: Matcher,
    ranges: PositionRanges,
    events: SegmentEvents | undefined,
  ): Promise<PositionRanges | undefined> {
    if (!test) return ranges;
    const chosen: number[] = [];
    let restedAt = performance.now();
    try {
      for (const position of fromRanges(ranges)) {
        if (passes(test, events?.[position])) chosen.push(position);
        if (performance.now() - restedAt < LONGEST_MS) continue;
        await nextTurn();
        restedAt = performance.now();
      }
      return toRanges(chosen);
    } catch (error) {
      this.log.error(
        { destinationId: id, error: String(error) },
        'match fails on an event; it is held until it can tell',
      );
      return undefined;
    }
  }

  private judgeOf(destination: Destination): Judge {
    const known = this.judges.get(destination);
    if (known) return known;
    try {
      return { matcher: compileMatch(destination.match) };
    } catch (error) {
      const fault = String(error);
      this.log.error({ destinationId: destination.id, error: fault }, 'match cannot be applied; events are held');
      const { events: _, where: __, ...origins } = destination.match;
      return { matcher: compileMatch(origins), fault };
    }
  }
}

function passes(test: NonNullable<Matcher['event']>, event: CanonicalEvent | undefined): boolean {
  return event !== undefined && test(event) === undefined;
}

function fitsOrigin(matcher: Matcher, event: CanonicalEvent | undefined): boolean {
  return event !== undefined && matcher.origin(event.source.id, event.source.dialect) === undefined;
}
