import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TestRedis } from '../../support/index.js';
import type { Planned } from './plan.js';
import type { SmallDisk } from './small-disk.js';

const run = promisify(execFile);

/** A write that still fits breaks off in its middle. */
const ROOM_LEFT_BYTES = 300;

/**
 * The plan with what this machine can do. Without a disk of our own a file may get no larger instead; where that cannot
 * be said either, full disks are left out. The names under which faults are counted tell.
 */
export async function feasible(plan: readonly Planned[], disk: SmallDisk | undefined): Promise<readonly Planned[]> {
  const limitsFiles = await run('prlimit', ['--version']).then(
    () => true,
    () => false,
  );
  return plan.flatMap((planned): readonly Planned[] => {
    const { fault } = planned;
    if (fault.kind !== 'disk_full' || (fault.why === 'no_space' && disk)) return [planned];
    return limitsFiles ? [{ ...planned, fault: { ...fault, why: 'file_limit' } }] : [];
  });
}

/** With fsync always Redis ends itself when it cannot write its log; then it is started again with room on the disk. */
export async function fillDisk(redis: TestRedis, disk: SmallDisk | undefined, forMs: number): Promise<void> {
  const ended = redis.ended();
  if (disk) await disk.fill();
  else await limitLog(redis);
  const gaveUp = await Promise.race([ended.then(() => true), delay(forMs + 1_000, false, { ref: false })]);
  if (!gaveUp) await redis.kill();
  await delay(forMs);
  await disk?.clear();
  await redis.start();
}

async function limitLog(redis: TestRedis): Promise<void> {
  const limit = (await logBytes(redis)) + ROOM_LEFT_BYTES;
  await run('prlimit', ['--pid', String(redis.pid()), `--fsize=${limit}:`]);
}

async function logBytes({ directory }: TestRedis): Promise<number> {
  const folder = join(directory, 'appendonlydir');
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.filter((name) => name.includes('.incr.')).map(async (name) => (await stat(join(folder, name))).size),
  );
  return Math.max(0, ...sizes);
}
