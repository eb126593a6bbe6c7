import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Client } from './client';
import { asProblem } from './client';
import type { GatewayEvent } from './types';

/** What the server is asked for; the rest is filtered here. */
export interface StreamFilter {
  readonly sourceId?: string;
  readonly dialect?: string;
}

export type StreamState = 'connecting' | 'live' | 'disconnected' | 'stopped';

export interface LiveSnapshot {
  readonly state: StreamState;
  /** Newest first. */
  readonly events: readonly GatewayEvent[];
  /** Since the page was opened. */
  readonly received: number;
  /** Passed over by the server, because they came faster than they could be shown. */
  readonly dropped: number;
  readonly fault: string | null;
}

/** More than anybody scrolls through; older ones are in the history. */
const KEPT_EVENTS = 2_000;
/** The page is drawn at most so often, however many events come. */
const DRAW_MS = 250;
const RECONNECT_MS = 2_000;

/** Reads the live stream and collects what came, so that a page redraws a few times a second and not per event. */
export class LiveEvents {
  private snapshot: LiveSnapshot = { state: 'stopped', events: [], received: 0, dropped: 0, fault: null };
  private fresh: GatewayEvent[] = [];
  private dropped = 0;
  /** Ids of the recent ones that were read when the stream was open already: it may bring them as well. */
  private overlap = new Set<string>();
  private drawing: ReturnType<typeof setTimeout> | undefined;
  private connection: AbortController | undefined;
  private readonly listeners = new Set<() => void>();

  readonly read = (): LiveSnapshot => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Starts anew with what was accepted lately. */
  start(client: Client, filter: StreamFilter): void {
    this.stop();
    const connection = new AbortController();
    this.connection = connection;
    this.fresh = [];
    this.dropped = 0;
    this.overlap = new Set();
    this.show({ state: 'connecting', events: [], received: 0, dropped: 0, fault: null });
    void this.follow(client, filter, connection.signal);
  }

  stop(): void {
    this.connection?.abort();
    this.connection = undefined;
    clearTimeout(this.drawing);
    this.drawing = undefined;
    if (this.snapshot.state !== 'stopped') this.show({ ...this.snapshot, state: 'stopped' });
  }

  private async follow(client: Client, filter: StreamFilter, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.readStream(client, filter, signal);
        if (!signal.aborted) this.show({ ...this.snapshot, state: 'disconnected', fault: 'The stream has ended.' });
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        if (problem.status === 401) return;
        this.show({ ...this.snapshot, state: 'disconnected', fault: problem.message });
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  private async readStream(client: Client, filter: StreamFilter, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined));
    const body = await client.stream(`/events/stream?${query.toString()}`, signal);
    if (this.snapshot.events.length === 0) await this.readRecent(client, filter, signal);
    this.show({ ...this.snapshot, state: 'live', fault: null });
    const messages = body
      .pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(new EventSourceParserStream());
    const reader = messages.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) this.take(part.value);
  }

  private async readRecent(client: Client, { sourceId, dialect }: StreamFilter, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ limit: '100', ...(sourceId === undefined ? {} : { sourceId }) });
    const { data } = await client.get<{ readonly data: readonly GatewayEvent[] }>(
      `/events?${query.toString()}`,
      signal,
    );
    const events = data.filter(({ source }) => dialect === undefined || source.dialect === dialect);
    this.overlap = new Set(events.map(({ id }) => id));
    this.show({ ...this.snapshot, events });
  }

  private take({ event, data }: { readonly event?: string; readonly data: string }): void {
    if (event === 'event') {
      const accepted = JSON.parse(data) as GatewayEvent;
      if (this.overlap.delete(accepted.id)) return;
      this.fresh.push(accepted);
    } else if (event === 'dropped') this.dropped += (JSON.parse(data) as { readonly events: number }).events;
    else return;
    // What nobody will see need not pile up while the tab is hidden.
    if (this.fresh.length > 2 * KEPT_EVENTS) this.draw();
    this.drawing ??= setTimeout(() => this.draw(), DRAW_MS);
  }

  private draw(): void {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const { events, received } = this.snapshot;
    const count = this.fresh.length;
    const newest = this.fresh.slice(-KEPT_EVENTS).reverse();
    this.fresh = [];
    this.show({
      ...this.snapshot,
      events: [...newest, ...events].slice(0, KEPT_EVENTS),
      received: received + count,
      dropped: this.dropped,
    });
  }

  private show(snapshot: LiveSnapshot): void {
    this.snapshot = snapshot;
    for (const listener of this.listeners) listener();
  }
}
