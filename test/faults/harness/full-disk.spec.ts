import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { report } from '../../support/index.js';
import { feasible } from './full-disk.js';
import { SmallDisk } from './small-disk.js';

describe('a disk of its own for Redis', () => {
  it('takes nothing more once it is filled, until it is cleared', async () => {
    const disk = await SmallDisk.mount();
    if (!disk) return report('nothing may be mounted here: full disks are files that may get no larger');
    const write = (name: string): Promise<void> => writeFile(join(disk.seenAs, name), Buffer.alloc(100_000, 'x'));
    await write('before');
    await disk.fill();
    await expect(write('meanwhile')).rejects.toMatchObject({ code: 'ENOSPC' });
    await disk.clear();
    await write('after');
  });

  it('is no longer in the plan where there is none', async () => {
    const fault = { kind: 'disk_full', why: 'no_space', forMs: 50 } as const;
    const planned = await feasible([{ atMs: 1, fault }], undefined);
    expect(planned.map((each) => each.fault)).not.toContainEqual(fault);
  });
});
