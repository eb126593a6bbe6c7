import type { Sink, SinkRequest } from './sink.js';

/** A canonical event as a webhook gets it; the rest as it came. */
export interface SinkEvent {
  readonly id: string;
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export function eventsOf({ body }: Pick<SinkRequest, 'body'>): readonly SinkEvent[] {
  return (JSON.parse(body) as { readonly events: readonly SinkEvent[] }).events;
}

/** Of all requests so far, whatever was answered to them. */
export function eventsAt({ requests }: Pick<Sink, 'requests'>): readonly SinkEvent[] {
  return requests.flatMap((request) => eventsOf(request));
}

export function idsAt(sink: Pick<Sink, 'requests'>): readonly string[] {
  return eventsAt(sink).map(({ id }) => id);
}
