import { Configuration, DELETED_KEY, DeletedDestinations } from '#control-plane';
import { createLog } from '#platform';
import { connectRedis, startRedis } from '../../../../test/support/index.js';
import { Leftovers } from './leftovers.js';

/** Somebody creates what was taken up anew, and this process has not heard of it. */
class Recreated extends DeletedDestinations {
  override async take(idleMs: number): Promise<readonly string[]> {
    const ids = await super.take(idleMs);
    for (const id of ids) await this.cleared(id);
    return ids;
  }
}

describe('what a deleted destination left behind', () => {
  it.each([
    ['is discarded', DeletedDestinations, ['old']],
    ['is left to one that was created meanwhile', Recreated, []],
  ] as const)('%s', async (_, Deleted, expected) => {
    const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    await redis.shared.zadd(DELETED_KEY, 1, 'old');
    const discarded: string[] = [];
    const deliveries = { discard: (id: string) => Promise.resolve(discarded.push(id) > 0) };
    const configuration = { loaded: true, destinations: new Map() } as unknown as Configuration;
    const log = createLog({ level: 'silent', pretty: false });
    await new Leftovers(configuration, new Deleted(redis), deliveries, log).clear();
    expect(discarded).toEqual(expected);
  });

  it('stays noted where it could not be told from a later one', async () => {
    const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    await redis.shared.zadd(DELETED_KEY, 1, 'young');
    const deliveries = { discard: () => Promise.resolve(false) };
    const configuration = { loaded: true, destinations: new Map() } as unknown as Configuration;
    const log = createLog({ level: 'silent', pretty: false });
    await new Leftovers(configuration, new DeletedDestinations(redis), deliveries, log).clear();
    expect(await redis.shared.zrange(DELETED_KEY, 0, '-1')).toEqual(['young']);
  });
});
