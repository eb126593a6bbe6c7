import { parseRedisUrl } from './redis-url.js';

describe('REDIS_URL', () => {
  it.each([
    ['redis://localhost:6379', { kind: 'single', url: 'redis://localhost:6379' }],
    ['rediss://user:pw@redis.test/2', { kind: 'single', url: 'rediss://user:pw@redis.test/2' }],
    ['redis://a:7000, redis://b:7001', { kind: 'cluster', urls: ['redis://a:7000', 'redis://b:7001'] }],
  ])('%s names servers', (text, target) => {
    expect(parseRedisUrl(text)).toEqual(target);
  });

  it.each([
    [
      'redis+sentinel://s1/mymaster',
      [{ host: 's1', port: 26_379 }],
      { master: 'mymaster', username: '', password: '', db: 0, tls: false },
    ],
    [
      'rediss+sentinel://user:p%40ss@s1:5000,s2.test,[::1]:5001/my%20master/3',
      [
        { host: 's1', port: 5_000 },
        { host: 's2.test', port: 26_379 },
        { host: '::1', port: 5_001 },
      ],
      { master: 'my master', username: 'user', password: 'p@ss', db: 3, tls: true },
    ],
    [
      'redis+sentinel://:secret@s1/m',
      [{ host: 's1', port: 26_379 }],
      { master: 'm', username: '', password: 'secret', db: 0, tls: false },
    ],
  ])('%s names sentinels', (text, sentinels, rest) => {
    expect(parseRedisUrl(text)).toEqual({ kind: 'sentinel', sentinels, ...rest });
  });

  it.each([
    'http://localhost',
    'localhost:6379',
    'redis://',
    'redis://a,,redis://b',
    'redis+sentinel://s1',
    'redis+sentinel:///mymaster',
    'redis+sentinel://s1,/mymaster',
    'redis+sentinel://s1:99999/mymaster',
    'redis+sentinel://s1/mymaster/db',
    'redis+sentinel://%zz:x@s1/mymaster',
  ])('%s names nothing', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });
});
