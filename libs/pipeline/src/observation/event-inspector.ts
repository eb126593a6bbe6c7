import type { CanonicalEvent } from '#canonical';
import type { Configuration, Destination } from '#control-plane';
import type { ConnectorRegistry } from '#destinations';
import { rehearse, type Rehearsal } from '../delivery/rehearsal.js';
import { compileMatch, mismatch } from '../routing/match.js';
import type { SegmentStore } from '../segment/segment-store.js';
import type { EventTrace, EventTracer } from './event-tracer.js';

export interface InspectedEvent extends Pick<EventTrace, 'event' | 'received'> {
  /** As the vendor's client sent it, credentials taken out; null where that is not kept. */
  readonly item: unknown;
  /** What those that want it are sent, by today's settings; at most a hundred. */
  readonly destinations: readonly (Pick<Rehearsal, 'requests' | 'lost' | 'unsendable'> & { readonly id: string })[];
}

const MAX_DESTINATIONS = 100;

/** One event in every form that it takes on its way. */
export class EventInspector {
  constructor(
    private readonly tracer: EventTracer,
    private readonly segments: SegmentStore,
    private readonly configuration: Configuration,
    private readonly connectors: ConnectorRegistry,
  ) {}

  /** Undefined for an id that is not known, or not any more. */
  async inspect(id: string, now: number): Promise<InspectedEvent | undefined> {
    const kept = await this.tracer.find(id);
    if (!kept) return undefined;
    const { event, received, position } = kept;
    const item = (await this.segments.item(received.segmentId, position)) ?? null;
    return { event, received, item, destinations: this.rehearsals(event, now) };
  }

  private rehearsals(event: CanonicalEvent, now: number): InspectedEvent['destinations'] {
    return [...this.configuration.destinations.values()]
      .filter((destination) => isWanted(destination, event))
      .slice(0, MAX_DESTINATIONS)
      .flatMap((destination) => this.rehearsal(destination, event, now));
  }

  private rehearsal(destination: Destination, event: CanonicalEvent, now: number): InspectedEvent['destinations'] {
    const connector = this.connectors.get(destination.type);
    if (!connector) return [];
    try {
      const { requests, lost, unsendable } = rehearse(destination, connector, [event], now);
      return [{ id: destination.id, requests, lost, unsendable }];
    } catch {
      // Its settings are not whole: then nothing is sent either.
      return [];
    }
  }
}

/** A match that cannot be judged holds its events: nothing can be said of them yet. */
function isWanted({ match }: Destination, event: CanonicalEvent): boolean {
  try {
    return mismatch(compileMatch(match), event) === undefined;
  } catch {
    return false;
  }
}
