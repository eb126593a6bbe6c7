import { Injectable } from '@nestjs/common';
import type { CanonicalEvent } from '#canonical';
import { Configuration, DestinationsService, type Destination } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import {
  DialectRegistry,
  type Checked,
  type Dialect,
  type IngestRoute,
  type Rejection,
  type StoredRequest,
} from '#dialects';
import { eventId, EventTracer, rehearse, repeatsWithin, type Rehearsal } from '#pipeline';
import { readDestinationDraft } from '../destinations/destination.view.js';
import { notFound } from '../http/problem.js';
import { invalidPreview, type PreviewOfEvents, type PreviewRequest } from './preview.request.js';

export interface Preview {
  readonly events: readonly CanonicalEvent[];
  readonly rejected: readonly Rejection[];
  /** What the vendor would have answered where the request is refused as a whole. */
  readonly refusal?: { readonly status: number; readonly body: string };
  readonly destinations: readonly ({ readonly id: string } & Rehearsal)[];
}

/** Ids of events that never existed: all zeros and the position. */
const PREVIEW_SEGMENT = '0'.repeat(17);

/** A dry run from a vendor's request to every destination's requests: nothing is sent, nothing is kept. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly dialects: DialectRegistry,
    private readonly connectors: ConnectorRegistry,
    private readonly configuration: Configuration,
    private readonly drafts: DestinationsService,
    private readonly tracer: EventTracer,
  ) {}

  async preview(request: PreviewRequest | PreviewOfEvents, now: number): Promise<Preview> {
    const destinations = await this.chosen(request);
    if (!('dialect' in request)) return this.previewEvents(request, destinations, now);
    return this.previewRequest(request, destinations, now);
  }

  private async previewEvents(
    { eventIds }: PreviewOfEvents,
    destinations: readonly Destination[],
    now: number,
  ): Promise<Preview> {
    const found = await Promise.all(eventIds.map((id) => this.tracer.find(id)));
    const events = found.flatMap((kept) => (kept ? [kept.event] : []));
    if (events.length === 0) throw notFound('None of these events is kept any more.');
    return { events, rejected: [], destinations: this.rehearseAll(destinations, events, now) };
  }

  private previewRequest(request: PreviewRequest, destinations: readonly Destination[], now: number): Preview {
    const dialect = this.dialects.get(request.dialect);
    if (!dialect) throw invalidPreview('/dialect', 'is not a dialect; GET /admin/v1/dialects lists them');
    const route = routeOf(dialect, request.path);
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const view = { requestId: 'preview', path: route.path, query: {}, headers };
    const bytes = Buffer.from(JSON.stringify(request.body));
    const checked = route.check(request.body, { request: view, receivedAt: now, bodyBytes: bytes.length });
    if (checked.kind === 'refused') {
      const { status, body } = checked.reply;
      return {
        events: [],
        rejected: checked.rejected,
        refusal: { status, body },
        destinations: this.rehearseAll(destinations, [], now),
      };
    }
    const stored = dialect.scrub?.(bytes, request.body) ?? bytes;
    const events = eventsTaken(route, checked, {
      body: JSON.parse(stored.toString()),
      headers,
      sourceId: request.sourceId ?? 'preview',
      receivedAt: now,
    });
    return { events, rejected: checked.rejected, destinations: this.rehearseAll(destinations, events, now) };
  }

  private async chosen({
    destinationId,
    destination: document,
  }: PreviewRequest | PreviewOfEvents): Promise<readonly Destination[]> {
    if (document !== undefined) {
      const { draft, id } = readDestinationDraft(document);
      return [await this.drafts.rehearse(draft, id)];
    }
    const { destinations } = this.configuration;
    if (destinationId === undefined) return [...destinations.values()];
    const destination = destinations.get(destinationId);
    if (!destination) throw invalidPreview('/destinationId', 'is not a destination');
    return [destination];
  }

  private rehearseAll(
    destinations: readonly Destination[],
    events: readonly CanonicalEvent[],
    now: number,
  ): Preview['destinations'] {
    return destinations.flatMap((destination) => {
      const connector = this.connectors.get(destination.type);
      return connector ? [{ id: destination.id, ...rehearse(destination, connector, events, now) }] : [];
    });
  }
}

/** What intake would keep of a request that it stored so: neither what was refused nor what repeats an earlier event. */
function eventsTaken(
  route: IngestRoute,
  checked: Checked,
  stored: Pick<StoredRequest, 'body' | 'headers' | 'sourceId' | 'receivedAt'>,
): readonly CanonicalEvent[] {
  const refused = new Set(checked.rejected.map(({ index }) => index));
  const repeats = repeatsWithin(checked);
  const events = route.decode({
    ...stored,
    route: route.id,
    accepts: (index) => !refused.has(index) && !repeats.has(index),
    idAt: (index) => eventId(PREVIEW_SEGMENT, index),
  });
  return events.flatMap((event) => event ?? []);
}

/** By path as a client would call it, else the one of the dialect's own sample. */
function routeOf(dialect: Dialect, path: string | undefined): IngestRoute {
  const wanted = path ?? dialect.sample({}).path;
  const native = `/${wanted.split('?')[0] ?? ''}/`.replace(/\/+/g, '/').slice(0, -1);
  const prefix = `/${dialect.name}`;
  const route = dialect.routes.find(
    (one) =>
      native === one.path ||
      native === prefix + one.path ||
      (dialect.optionalPrefix !== undefined && prefix + one.path.slice(dialect.optionalPrefix.length) === native),
  );
  if (!route) {
    const known = dialect.routes.map((one) => one.path).join(', ');
    throw invalidPreview('/path', `is none of ${dialect.title}'s: ${known}`);
  }
  return route;
}
