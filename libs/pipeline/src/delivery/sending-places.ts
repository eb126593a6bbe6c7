import type { Destination } from '#control-plane';

/**
 * Bytes of the batches being sent at once by this process, as stored, and as much again for destinations that are slow to
 * answer. In memory a batch takes several times that: events, text and what waits in the socket.
 */
const LANE_BYTES = 8 * 1024 * 1024;
/** A batch that takes longer shows that its destination is slow. */
const SLOW_MS = 2_000;
/** What a batch is taken for until it is read, at most. */
const FIRST_GUESS_BYTES = 256 * 1024;

interface Lane {
  usedBytes: number;
  readonly waiting: { readonly bytes: number; readonly enter: () => void }[];
}

interface Known {
  slow: boolean;
  /** Of the latest batch. */
  bytes: number;
}

/** The right to hold one batch in memory. */
export interface SendingPlace {
  /** What the batch really is. */
  resize(bytes: number): void;
  /** Repeating it changes nothing. */
  leave(): void;
}

/**
 * Bounds what deliveries hold in memory, however many destinations have work. Slow destinations wait for each other only:
 * whoever keeps a place too long is moved to their lane, so that those that answer soon always find room.
 */
export class SendingPlaces {
  private readonly quick: Lane = { usedBytes: 0, waiting: [] };
  private readonly slow: Lane = { usedBytes: 0, waiting: [] };
  private readonly known = new WeakMap<Destination, Known>();
  private stopped = false;

  constructor(
    private readonly laneBytes = LANE_BYTES,
    private readonly slowMs = SLOW_MS,
  ) {}

  /** Resolves when there is room. */
  async enter(destination: Destination): Promise<SendingPlace> {
    const known = this.knownOf(destination);
    let lane = known.slow ? this.slow : this.quick;
    let bytes = known.bytes;
    await this.room(lane, bytes);
    const move = (to: Lane): void => {
      lane.usedBytes -= bytes;
      to.usedBytes += bytes;
      this.admit(lane);
      lane = to;
    };
    const startedAt = performance.now();
    const timer = setTimeout(() => {
      known.slow = true;
      if (lane === this.quick) move(this.slow);
    }, this.slowMs);
    timer.unref();
    let left = false;
    return {
      resize: (actual) => {
        lane.usedBytes += actual - bytes;
        bytes = actual;
        known.bytes = actual;
        this.admit(lane);
      },
      leave: () => {
        if (left) return;
        left = true;
        clearTimeout(timer);
        lane.usedBytes -= bytes;
        known.slow = performance.now() - startedAt > this.slowMs;
        this.admit(lane);
      },
    };
  }

  /** Whoever waits may go on: it will see that the process is stopping. */
  stop(): void {
    this.stopped = true;
    this.admit(this.quick);
    this.admit(this.slow);
  }

  private knownOf(destination: Destination): Known {
    const known = this.known.get(destination) ?? {
      slow: false,
      bytes: Math.min(destination.batch.maxBytes, FIRST_GUESS_BYTES),
    };
    this.known.set(destination, known);
    return known;
  }

  private room(lane: Lane, bytes: number): Promise<void> {
    return new Promise((resolve) => {
      lane.waiting.push({ bytes, enter: resolve });
      this.admit(lane);
    });
  }

  private admit(lane: Lane): void {
    for (let next = lane.waiting[0]; next; next = lane.waiting[0]) {
      // One batch goes alone, however large.
      const fits = lane.usedBytes === 0 || lane.usedBytes + next.bytes <= this.laneBytes;
      if (!fits && !this.stopped) return;
      lane.waiting.shift();
      lane.usedBytes += next.bytes;
      next.enter();
    }
  }
}
