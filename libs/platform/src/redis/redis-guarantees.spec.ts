import { judge } from './redis-guarantees.js';

const safe = { redis_version: '7.0.15', maxmemory_policy: 'noeviction', aof_enabled: '1' };
const info = (changes: Readonly<Record<string, string>> = {}) => new Map(Object.entries({ ...safe, ...changes }));

describe('an own Redis', () => {
  it('as the embedded one is set up has no caveats', () => {
    expect(judge(info(), 'always')).toEqual({ faults: [], caveats: [] });
  });

  it.each(['6.0.16', '5.0.7', '6.1.0'])('of version %s stops the start', (version) => {
    expect(judge(info({ redis_version: version }), 'always').faults).toEqual([
      `Redis ${version} is too old: 6.2 or newer is needed`,
    ]);
  });

  it.each([
    [{ maxmemory_policy: 'allkeys-lru' }, 'always', /^maxmemory-policy is allkeys-lru/],
    [{ aof_enabled: '0' }, 'everysec', /^appendonly is off/],
    [{}, 'everysec', /^appendfsync is everysec/],
  ])('says what it does not guarantee: %j %s', (changes, fsync, caveat) => {
    const { faults, caveats } = judge(info(changes), fsync);
    expect(faults).toEqual([]);
    expect(caveats).toEqual([expect.stringMatching(caveat)]);
  });

  it('that does not tell its fsync is taken at its word', () => {
    expect(judge(info(), undefined).caveats).toEqual([]);
  });
});
