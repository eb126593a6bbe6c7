import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startProcess, tempDir, until, type RedisPlace } from '../../support/index.js';

const run = promisify(execFile);

const SIZE = '512m';
/** Its holder lives in a world of mounts of its own, which ends with it: nothing stays mounted, however a run ends. */
const OWN_MOUNTS = ['--user', '--map-root-user', '--mount'];
const hold = `mount -t tmpfs -o size=${SIZE} tmpfs "$0" && echo mounted && exec sleep infinity`;

/** A file system for Redis alone that can be made as small as what is on it. */
export class SmallDisk implements RedisPlace {
  /** Enters the holder's world of mounts, then becomes what follows. */
  readonly prefix: readonly string[];
  /** From outside. */
  readonly seenAs: string;

  private constructor(
    readonly directory: string,
    holder: number,
  ) {
    this.prefix = ['nsenter', '--target', String(holder), '--user', '--mount', '--preserve-credentials', '--'];
    this.seenAs = `/proc/${holder}/root${directory}`;
  }

  /** Undefined where this machine does not let us mount. */
  static async mount(): Promise<SmallDisk | undefined> {
    const directory = await tempDir();
    const holder = startProcess('unshare', [...OWN_MOUNTS, '/bin/sh', '-c', hold, directory], {
      env: { PATH: process.env.PATH ?? '' },
    });
    const ended = holder.exited.then(() => 'ended');
    const state = await Promise.race([ended, until(() => holder.output().includes('mounted') && 'mounted')]);
    return state === 'mounted' ? new SmallDisk(directory, holder.pid) : undefined;
  }

  /** From now on nothing more fits but what the last page has room for. */
  async fill(): Promise<void> {
    // Somebody may write between the look and the change.
    await until(async () => {
      const { bsize, blocks, bfree } = await statfs(this.seenAs);
      return this.resize(String((blocks - bfree) * bsize)).then(
        () => true,
        () => false,
      );
    });
  }

  async clear(): Promise<void> {
    await this.resize(SIZE);
  }

  private async resize(size: string): Promise<void> {
    const [command = '', ...args] = this.prefix;
    await run(command, [...args, 'mount', '-o', `remount,size=${size}`, this.directory]);
  }
}
