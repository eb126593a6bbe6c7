import { Chance } from './chance.js';

export const receiverNames = ['webhook', 'ordered', 'rare', 'flokit', 'vibefollow', 'kixo', 'klaviyo'] as const;
export type ReceiverName = (typeof receiverNames)[number];

/** A connection that can be disturbed: of the gateway to Redis or to a destination. */
export type Link = 'redis' | ReceiverName;

/** How a destination treats one request. */
export type Reply = 'error' | 'error_after_taking' | 'limit' | 'hang' | 'reset' | 'lost_answer' | 'slow';

export type Fault =
  /** SIGKILL; it is started again after `downMs`. */
  | { readonly kind: 'kill'; readonly target: 'api' | 'worker' | 'redis' | 'all'; readonly downMs: number }
  /** SIGSTOP, then SIGCONT. */
  | { readonly kind: 'freeze'; readonly target: 'redis' | 'worker'; readonly forMs: number }
  /**
   * Redis' log cannot grow, for want of space or because the file may get no larger: it gives up, and is started again
   * when there is room.
   */
  | { readonly kind: 'disk_full'; readonly why: DiskFault; readonly forMs: number }
  /** Redis refuses every write that needs memory. */
  | { readonly kind: 'memory_full'; readonly forMs: number }
  /** Every connection breaks; new ones are taken at once. */
  | { readonly kind: 'cut'; readonly link: Link }
  /** Every connection breaks and none can be made. */
  | { readonly kind: 'part'; readonly link: Link; readonly forMs: number }
  /** What is asked arrives, what is answered does not; then the connections break. */
  | { readonly kind: 'mute'; readonly link: Link; readonly forMs: number }
  | { readonly kind: 'slow'; readonly link: Link; readonly delayMs: number; readonly forMs: number }
  /** The destination's next replies. */
  | { readonly kind: 'script'; readonly receiver: ReceiverName; readonly replies: readonly Reply[] };

export type DiskFault = 'no_space' | 'file_limit';

export type FaultKind = Fault['kind'];

export interface Planned {
  readonly atMs: number;
  readonly fault: Fault;
}

export interface PlanSettings {
  /** Over how long the faults are spread. */
  readonly lastsMs: number;
  readonly kills: number;
  /** Other than kills. */
  readonly others: number;
}

/** What happens and when. Pure: a seed gives the same plan wherever it is run. */
export function planOf(seed: number, { lastsMs, kills, others }: PlanSettings): readonly Planned[] {
  const chance = new Chance(seed);
  const faults = chance.shuffle([
    ...Array.from({ length: kills }, () => kill(chance)),
    ...Array.from({ length: others }, () => other(chance)),
  ]);
  const stepMs = lastsMs / Math.max(faults.length, 1);
  return faults.map((fault, n) => ({ atMs: Math.round(n * stepMs + chance.between(0, stepMs)), fault }));
}

function kill(chance: Chance): Fault {
  const target = chance.pick(['api', 'worker', 'worker', 'redis', 'all'] as const);
  return { kind: 'kill', target, downMs: chance.between(0, 400) };
}

const kinds = [
  'freeze',
  'disk_full',
  'memory_full',
  'cut',
  'cut',
  'part',
  'mute',
  'slow',
  'script',
  'script',
  'script',
] as const;

function other(chance: Chance): Fault {
  const kind = chance.pick(kinds);
  switch (kind) {
    case 'freeze':
      return freeze(chance);
    case 'disk_full':
      return { kind, why: chance.pick(['no_space', 'file_limit']), forMs: chance.between(50, 500) };
    case 'memory_full':
      return { kind, forMs: chance.between(50, 1_000) };
    case 'cut':
      return { kind, link: link(chance) };
    case 'part':
      return { kind, link: link(chance), forMs: chance.between(50, 1_200) };
    case 'mute':
      return { kind, link: link(chance), forMs: chance.between(50, 1_800) };
    case 'slow':
      return { kind, link: link(chance), delayMs: chance.between(5, 60), forMs: chance.between(200, 1_500) };
    case 'script':
      return { kind, receiver: chance.pick(receiverNames), replies: replies(chance) };
  }
}

/** A worker that stands still for longer than its locks last has been replaced when it goes on. */
const LONGER_THAN_LOCKS_MS = 9_000;

function freeze(chance: Chance): Fault {
  if (chance.between(1, 8) === 1) return { kind: 'freeze', target: 'worker', forMs: LONGER_THAN_LOCKS_MS };
  return { kind: 'freeze', target: chance.pick(['redis', 'redis', 'worker']), forMs: chance.between(50, 2_000) };
}

function link(chance: Chance): Link {
  return chance.pick(['redis', 'redis', 'redis', ...receiverNames]);
}

function replies(chance: Chance): readonly Reply[] {
  const one = (): Reply =>
    chance.pick(['error', 'error_after_taking', 'limit', 'hang', 'reset', 'lost_answer', 'lost_answer', 'slow']);
  return Array.from({ length: chance.between(1, 5) }, one);
}
