import type { Destination } from '#control-plane';
import { Room } from '../room.js';

/**
 * Bytes of the batches being sent at once by this process, as stored: so many to destinations that answer soon, as many to
 * those that answer late, and to those that do not. In memory a batch takes several times that: events, text and what
 * waits in the socket.
 */
const ROOM_BYTES = 8 * 1024 * 1024;
/** A batch that takes longer shows that its destination is slow. */
const SLOW_MS = 2_000;
/** What a batch is taken for until it is read, at most. */
const FIRST_GUESS_BYTES = 256 * 1024;

type Pace = 'quick' | 'slow' | 'silent';

interface Known {
  pace: Pace;
  /** Of the latest batch. */
  bytes: number;
}

/** The right to hold one batch in memory. */
export interface SendingPlace {
  /** What the batch really is. */
  resize(bytes: number): void;
  /** The destination has answered. */
  answered(): void;
  /** Repeating it changes nothing. */
  leave(): void;
}

/**
 * Bounds what deliveries hold in memory, however many destinations have work. Each waits for its like only: whoever keeps
 * a place too long is moved to the room of the slow ones, so that those that answer soon always find room; and whoever has
 * kept it too long without an answer gets the next in the room of the silent ones.
 */
export class SendingPlaces {
  private readonly rooms: Readonly<Record<Pace, Room>>;
  private readonly known = new WeakMap<Destination, Known>();

  constructor(
    roomBytes = ROOM_BYTES,
    private readonly slowMs = SLOW_MS,
  ) {
    this.rooms = { quick: new Room(roomBytes), slow: new Room(roomBytes), silent: new Room(roomBytes) };
  }

  /** Resolves when there is room. */
  async enter(destination: Destination): Promise<SendingPlace> {
    const known = this.knownOf(destination);
    let room = this.rooms[known.pace];
    let bytes = known.bytes;
    await room.enter(bytes);
    const startedAt = performance.now();
    const timer = setTimeout(() => {
      if (known.pace === 'quick') known.pace = 'slow';
      if (room !== this.rooms.quick) return;
      room.leave(bytes);
      room = this.rooms.slow;
      // It is sending already.
      room.change(bytes);
    }, this.slowMs);
    timer.unref();
    let left = false;
    let hasAnswered = false;
    return {
      resize: (actual) => {
        const grown = actual - bytes;
        bytes = actual;
        known.bytes = actual;
        room.change(grown);
      },
      answered: () => {
        hasAnswered = true;
      },
      leave: () => {
        if (left) return;
        left = true;
        clearTimeout(timer);
        const isLate = performance.now() - startedAt > this.slowMs;
        known.pace = !isLate ? 'quick' : hasAnswered ? 'slow' : 'silent';
        room.leave(bytes);
      },
    };
  }

  /** Whoever waits may go on: it will see that the process is stopping. */
  stop(): void {
    for (const room of Object.values(this.rooms)) room.open();
  }

  private knownOf(destination: Destination): Known {
    const known = this.known.get(destination) ?? {
      pace: 'quick',
      bytes: Math.min(destination.batch.maxBytes, FIRST_GUESS_BYTES),
    };
    this.known.set(destination, known);
    return known;
  }
}
