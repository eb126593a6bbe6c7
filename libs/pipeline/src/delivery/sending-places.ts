import type { Destination } from '#control-plane';
import { Room } from '../room.js';

/**
 * Bytes of the batches being sent at once by this process, as stored, and as much again for destinations that are slow to
 * answer. In memory a batch takes several times that: events, text and what waits in the socket.
 */
const ROOM_BYTES = 8 * 1024 * 1024;
/** A batch that takes longer shows that its destination is slow. */
const SLOW_MS = 2_000;
/** What a batch is taken for until it is read, at most. */
const FIRST_GUESS_BYTES = 256 * 1024;

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
 * whoever keeps a place too long is moved to their room, so that those that answer soon always find room.
 */
export class SendingPlaces {
  private readonly quick: Room;
  private readonly slow: Room;
  private readonly known = new WeakMap<Destination, Known>();

  constructor(
    roomBytes = ROOM_BYTES,
    private readonly slowMs = SLOW_MS,
  ) {
    this.quick = new Room(roomBytes);
    this.slow = new Room(roomBytes);
  }

  /** Resolves when there is room. */
  async enter(destination: Destination): Promise<SendingPlace> {
    const known = this.knownOf(destination);
    let room = known.slow ? this.slow : this.quick;
    let bytes = known.bytes;
    await room.enter(bytes);
    const startedAt = performance.now();
    const timer = setTimeout(() => {
      known.slow = true;
      if (room === this.slow) return;
      room.leave(bytes);
      room = this.slow;
      // It is sending already.
      room.change(bytes);
    }, this.slowMs);
    timer.unref();
    let left = false;
    return {
      resize: (actual) => {
        const grown = actual - bytes;
        bytes = actual;
        known.bytes = actual;
        room.change(grown);
      },
      leave: () => {
        if (left) return;
        left = true;
        clearTimeout(timer);
        known.slow = performance.now() - startedAt > this.slowMs;
        room.leave(bytes);
      },
    };
  }

  /** Whoever waits may go on: it will see that the process is stopping. */
  stop(): void {
    this.quick.open();
    this.slow.open();
  }

  private knownOf(destination: Destination): Known {
    const known = this.known.get(destination) ?? {
      slow: false,
      bytes: Math.min(destination.batch.maxBytes, FIRST_GUESS_BYTES),
    };
    this.known.set(destination, known);
    return known;
  }
}
