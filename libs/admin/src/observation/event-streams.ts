import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LiveTail, type TailFilter } from '#pipeline';
import type { Caller } from '../http/caller.js';
import { problem, ProblemError } from '../http/problem.js';
import { EventStream } from './event-stream.js';

/** Each may hold a megabyte. */
const MAX_STREAMS = 100;
/** Below the idle time after which usual proxies give a connection up. */
const HEARTBEAT_MS = 15_000;
/** How long a deleted or expired token goes on watching. */
const CHECK_MS = 500;
const RETRY_AFTER_SECONDS = '5';

/** The clients that watch live events. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  /** With whether the client may go on. */
  private readonly open = new Map<EventStream, () => boolean>();
  private heart: NodeJS.Timeout | undefined;
  private watchman: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(private readonly tail: LiveTail) {}

  /** Ends with the client, its token or the process. Throws ProblemError. */
  async watch(filter: TailFilter, { isStillGood }: Caller): Promise<EventStream> {
    if (this.closing) throw unavailable('shutting_down', 'This process is shutting down.');
    if (this.open.size >= MAX_STREAMS)
      throw unavailable('too_many_streams', `More than ${MAX_STREAMS} clients watch already.`);
    const stream = new EventStream();
    this.open.set(stream, isStillGood);
    let stopListening: (() => void) | undefined;
    stream.once('close', () => {
      stopListening?.();
      this.forget(stream);
    });
    try {
      stopListening = await this.tail.listen(filter, stream);
    } catch {
      this.forget(stream);
      throw unavailable('store_unavailable', 'The events cannot be read now.');
    }
    // It may have ended meanwhile.
    if (stream.destroyed) stopListening();
    this.heart ??= setInterval(() => this.beat(), HEARTBEAT_MS).unref();
    this.watchman ??= setInterval(() => this.endUnwelcome(), CHECK_MS).unref();
    return stream;
  }

  /** Before the server waits for its connections to end. */
  onModuleDestroy(): void {
    this.closing = true;
    for (const stream of this.open.keys()) stream.end();
  }

  private beat(): void {
    for (const stream of this.open.keys()) stream.heartbeat();
  }

  private endUnwelcome(): void {
    for (const [stream, isStillGood] of this.open) if (!isStillGood()) stream.end();
  }

  private forget(stream: EventStream): void {
    this.open.delete(stream);
    if (this.open.size > 0) return;
    clearInterval(this.heart);
    clearInterval(this.watchman);
    this.heart = this.watchman = undefined;
  }
}

function unavailable(code: string, detail: string): ProblemError {
  return new ProblemError(problem(503, code, detail), { 'retry-after': RETRY_AFTER_SECONDS });
}
