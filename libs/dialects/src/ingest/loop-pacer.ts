/** Bodies that are parsed and checked before the event loop turns to whatever else has become ready: 2 to 3 ms. */
const TURN_BYTES = 256 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * Spreads the parsing of large bodies that arrive together over several turns of the event loop. Node would read all
 * sockets first, and what is ready meanwhile (compressed segments, Redis' answers) would wait for the last of them,
 * while the other threads and Redis have nothing to do.
 */
export class LoopPacer {
  private waiting: Waiting[] = [];
  private left = TURN_BYTES;
  private turning = false;

  /** To be awaited before a body of so many bytes is parsed. Undefined: now. First come, first served. */
  turn(bytes: number): Promise<void> | undefined {
    // Who waits has left nothing of the turn to whoever comes later.
    if (this.left <= 0) return new Promise((go) => this.waiting.push({ bytes, go }));
    this.take(bytes);
    return undefined;
  }

  private take(bytes: number): void {
    this.left -= bytes;
    if (this.turning) return;
    this.turning = true;
    setImmediate(() => this.nextTurn());
  }

  private nextTurn(): void {
    this.turning = false;
    this.left = TURN_BYTES;
    let started = 0;
    for (const { bytes, go } of this.waiting) {
      if (this.left <= 0) break;
      this.take(bytes);
      go();
      started++;
    }
    this.waiting = this.waiting.slice(started);
  }
}
