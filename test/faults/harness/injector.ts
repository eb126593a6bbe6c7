import { setTimeout as delay } from 'node:timers/promises';
import { send, type TestRedis } from '../../support/index.js';
import { fillDisk } from './full-disk.js';
import type { Instance } from './instance.js';
import type { Fault, Planned } from './plan.js';
import type { World } from './world.js';

/** Does to a world what a plan says. What concerns Redis as a process happens one after the other, all else at its time. */
export class Injector {
  readonly injected = new Map<string, number>();
  private redisBusy: Promise<void> = Promise.resolve();
  private workerTurns = 0;

  constructor(
    private readonly world: World,
    private readonly onFault: (fault: Fault) => void = () => undefined,
  ) {}

  /** Resolves when every fault has come and gone. */
  async run(plan: readonly Planned[]): Promise<void> {
    const started = Date.now();
    await Promise.all(
      plan.map(async ({ atMs, fault }) => {
        await delay(Math.max(0, started + atMs - Date.now()));
        this.onFault(fault);
        await this.inject(fault);
      }),
    );
  }

  private async inject(fault: Fault): Promise<void> {
    const { world } = this;
    this.count(nameOf(fault));
    switch (fault.kind) {
      case 'kill':
        return this.kill(fault);
      case 'freeze':
        return this.freeze(fault);
      case 'disk_full':
        return this.withRedis((redis) =>
          fillDisk(redis, fault.why === 'no_space' ? world.disk : undefined, fault.forMs),
        );
      case 'memory_full':
        return this.withRedis((redis) => fillMemory(redis, fault.forMs));
      case 'cut':
        return world.cable(fault.link).cut();
      case 'part':
        world.cable(fault.link).part();
        return this.mendAfter(fault);
      case 'mute':
        world.cable(fault.link).mute();
        return this.mendAfter(fault);
      case 'slow':
        world.cable(fault.link).slow(fault.delayMs);
        return this.mendAfter(fault);
      case 'script':
        return world.receivers.find(({ name }) => name === fault.receiver)?.prescribe(fault.replies);
    }
  }

  private async mendAfter({ link, forMs }: Extract<Fault, { kind: 'part' | 'mute' | 'slow' }>): Promise<void> {
    await delay(forMs);
    this.world.cable(link).mend();
  }

  private async kill({ target, downMs }: Extract<Fault, { kind: 'kill' }>): Promise<void> {
    const { api, workers } = this.world;
    const everything = target === 'all';
    await Promise.all([
      ...(everything || target === 'api' ? [api.kill(downMs)] : []),
      ...(everything ? workers.map((worker) => worker.kill(downMs)) : []),
      ...(target === 'worker' ? [this.nextWorker().kill(downMs)] : []),
      ...(everything || target === 'redis' ? [this.withRedis((redis) => restart(redis, downMs))] : []),
    ]);
  }

  private async freeze({ target, forMs }: Extract<Fault, { kind: 'freeze' }>): Promise<void> {
    if (target === 'redis') return this.withRedis((redis) => freeze(redis, forMs));
    const worker = this.nextWorker();
    worker.freeze();
    await delay(forMs);
    worker.thaw();
  }

  /** One after the other. */
  private nextWorker(): Instance {
    const { workers } = this.world;
    const worker = workers[this.workerTurns % workers.length];
    this.workerTurns += 1;
    if (!worker) throw new Error('There is no worker');
    return worker;
  }

  private withRedis(work: (redis: TestRedis) => Promise<void>): Promise<void> {
    const next = this.redisBusy.then(() => work(this.world.redis));
    this.redisBusy = next.catch(() => undefined);
    return next;
  }

  private count(kind: string): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
  }
}

function nameOf(fault: Fault): string {
  if (fault.kind === 'kill') return `kill ${fault.target}`;
  return fault.kind === 'disk_full' ? `disk_full (${fault.why})` : fault.kind;
}

async function restart(redis: TestRedis, downMs: number): Promise<void> {
  await redis.kill();
  await delay(downMs);
  await redis.start();
}

async function freeze(redis: TestRedis, forMs: number): Promise<void> {
  redis.freeze();
  await delay(forMs);
  redis.thaw();
}

async function fillMemory({ socketPath }: TestRedis, forMs: number): Promise<void> {
  await send(socketPath, 'CONFIG SET maxmemory 1');
  await delay(forMs);
  await send(socketPath, 'CONFIG SET maxmemory 0');
}
