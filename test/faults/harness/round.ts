import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../support/index.js';
import { Clients } from './clients.js';
import { compare, type Comparison } from './comparison.js';
import { drained } from './drain.js';
import { feasible } from './full-disk.js';
import { Injector } from './injector.js';
import { Ledger } from './ledger.js';
import { Operator } from './operator.js';
import { planOf, type Fault, type PlanSettings } from './plan.js';
import { auditStore } from './store-audit.js';
import type { World } from './world.js';

export interface RoundSettings extends PlanSettings {
  readonly seed: number;
  /** At least so many events are acknowledged before the faults end. */
  readonly events: number;
}

export interface RoundResult {
  readonly seed: number;
  readonly workers: number;
  /** Kind of fault and how often it struck. */
  readonly injected: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly requests: number;
  readonly refusals: number;
  /** Event and destination by name. */
  readonly lost: readonly string[];
  /** Whatever else is wrong. */
  readonly faults: readonly string[];
  readonly deliveries: number;
  readonly deliveredAgain: number;
  readonly deadLettered: number;
  /** Events × destinations that an erasure took out before they were delivered. */
  readonly erased: number;
  /** Segments that were repacked while a destination was paused. */
  readonly repacked: number;
  /** Dead letters that were sent again, and refused again. */
  readonly replayed: number;
  /** Users whose events were looked at for their order, at a destination that keeps it. */
  readonly orderedUsers: number;
  readonly longestClosedMs: number;
  readonly longestWayMs: number;
  /** From the last fault until nothing was on its way. */
  readonly drainMs: number;
  readonly tookMs: number;
  /** What the processes said; empty unless something is wrong. */
  readonly output: string;
}

const LOAD_PATIENCE_MS = 60_000;

/** One seed: load, faults, rest, and the books compared. What earlier rounds left in the store is still there. */
export async function runRound(
  world: World,
  settings: RoundSettings,
  onFault?: (fault: Fault) => void,
): Promise<RoundResult> {
  const startedAt = Date.now();
  for (const receiver of world.receivers) receiver.forget();
  const ledger = new Ledger();
  const injector = new Injector(world, onFault);
  const operator = new Operator(world, settings.seed, ledger);
  const mishaps = await trouble(world, { ledger, injector, operator }, settings);
  const drainingAt = Date.now();
  await drained(world).catch((error: unknown) => mishaps.push(String(error)));
  const drainMs = Date.now() - drainingAt;
  const comparisons: Comparison[] = [];
  for (const receiver of world.receivers) comparisons.push(await compare(ledger, receiver, world.admin));
  const faults = [...mishaps, ...(await judge(world, ledger, comparisons))];
  const { seed } = settings;
  const workers = world.workers.length;
  const injected = Object.fromEntries(injector.injected);
  const result = {
    seed,
    workers,
    injected,
    ...totals(ledger, comparisons),
    repacked: await operator.countRepacked(),
    replayed: await operator.countReplayed(),
    faults,
    drainMs,
    tookMs: Date.now() - startedAt,
  };
  const isGood = faults.length + result.lost.length === 0;
  return { ...result, output: isGood ? '' : [world.api, ...world.workers].map((each) => each.output).join('\n') };
}

interface Cast {
  readonly ledger: Ledger;
  readonly injector: Injector;
  readonly operator: Operator;
}

/** Load and faults, until every fault has passed and every request is acknowledged. Gives what did not go as it must. */
async function trouble(world: World, { ledger, injector, operator }: Cast, settings: RoundSettings): Promise<string[]> {
  const mishaps: string[] = [];
  const note = (error: unknown): void => void mishaps.push(String(error));
  const plan = await feasible(planOf(settings.seed, settings), world.disk);
  const clients = new Clients(Number(new URL(world.apiUrl).port), settings.seed, ledger);
  await operator.begin();
  const running = clients.run();
  const acts = [operator.erase(settings.lastsMs / 2), operator.replay(settings.lastsMs)];
  await Promise.all([injector.run(plan), ...acts.map((act) => act.catch(note))]);
  await until(() => ledger.acknowledged.size >= settings.events, {
    timeoutMs: LOAD_PATIENCE_MS,
    what: `${settings.events} acknowledged events`,
  }).catch(note);
  clients.stop();
  const isAnswered = await Promise.race([running.then(() => true), delay(LOAD_PATIENCE_MS, false, { ref: false })]);
  if (!isAnswered) mishaps.push('some requests are not acknowledged long after the last fault');
  await operator.untilRepacked().catch(note);
  await operator.end().catch(note);
  return mishaps;
}

function totals(ledger: Ledger, comparisons: readonly Comparison[]) {
  const sum = (of: (each: Comparison) => number): number => comparisons.reduce((total, each) => total + of(each), 0);
  const { requests, refusals, longestClosedMs } = ledger;
  return {
    acknowledged: ledger.acknowledged.size,
    requests,
    refusals,
    lost: comparisons.flatMap(({ receiver, lost }) => lost.map((mark) => `${mark} at ${receiver}`)),
    deliveries: sum(({ copies }) => copies),
    deliveredAgain: sum(({ copies, kept }) => copies - kept),
    deadLettered: sum(({ deadLettered }) => deadLettered),
    erased: sum(({ erased }) => erased),
    orderedUsers: sum(({ orderedUsers }) => orderedUsers),
    longestClosedMs,
    longestWayMs: Math.max(...comparisons.map(({ longestWayMs }) => longestWayMs)),
  };
}

async function judge(world: World, ledger: Ledger, comparisons: readonly Comparison[]): Promise<readonly string[]> {
  return [
    ...ledger.wrongAnswers.slice(0, 5),
    ...comparisons.flatMap(({ receiver, faults }) => faults.map((fault) => `${receiver}: ${fault}`)),
    ...(await auditStore(world)),
    ...[world.api, ...world.workers].flatMap(({ deaths }) => deaths.map((death) => `a process ${death}`)),
  ];
}
