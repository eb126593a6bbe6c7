import { Readable } from 'node:stream';
import type { TailListener } from '#pipeline';

/** What may wait for one client, in bytes. */
const MAX_WAITING_BYTES = 1024 * 1024;

type Loss = 'slow_client' | 'too_many_events';

/**
 * Live events as server-sent events (the WHATWG's text/event-stream) for one client. What a client does not take in
 * time is dropped, and said so by an event `dropped` as soon as it has taken the rest.
 */
export class EventStream extends Readable implements TailListener {
  private droppedEvents = 0;
  private ended = false;

  constructor() {
    super();
    // The head of the answer goes out with the first bytes.
    this.push(': the events that are accepted from now on\n\n');
  }

  event(id: string, json: string): void {
    if (this.ended) return;
    if (this.isBehind) this.droppedEvents += 1;
    else this.push(`id: ${id}\nevent: event\ndata: ${json}\n\n`);
  }

  passedOver(events: number): void {
    if (this.ended) return;
    if (this.isBehind) this.droppedEvents += events;
    else this.push(lossText(events, 'too_many_events'));
  }

  /** So that proxies keep the connection and a broken one is noticed. */
  heartbeat(): void {
    if (!this.ended && !this.isBehind) this.push(': heartbeat\n\n');
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.push(null);
  }

  /** Called when the client has taken nearly everything that waited. */
  override _read(): void {
    if (this.droppedEvents === 0 || this.ended) return;
    const text = lossText(this.droppedEvents, 'slow_client');
    this.droppedEvents = 0;
    this.push(text);
  }

  /** From a full buffer on until it is nearly empty. */
  private get isBehind(): boolean {
    return this.droppedEvents > 0 || this.readableLength >= MAX_WAITING_BYTES;
  }
}

function lossText(events: number, reason: Loss): string {
  return `event: dropped\ndata: ${JSON.stringify({ events, reason })}\n\n`;
}
