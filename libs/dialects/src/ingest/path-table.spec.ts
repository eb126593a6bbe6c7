import { DialectRegistry } from '../dialect-registry.js';
import { PathTable } from './path-table.js';

describe('PathTable', () => {
  let paths: PathTable;
  beforeAll(async () => {
    paths = new PathTable((await DialectRegistry.load()).all);
  });

  it.each([
    ['/v1/batch/events', 'flokit', '/v1/batch/events', ['POST']],
    ['/v1/workspace/', 'flokit', '/v1/workspace', ['GET', 'HEAD']],
    ['/v1/anything', 'flokit', '/v1/anything', []],
    ['/v1', 'flokit', '/v1', []],
    ['/v1/batch', 'kixo', '/v1/batch', ['POST']],
    ['//v1//batch/?x=1', 'kixo', '/v1/batch', ['POST']],
    ['/v1/batch/more', 'flokit', '/v1/batch/more', []],
    ['/v1/b%61tch', 'kixo', '/v1/batch', ['POST']],
    ['/api/v1/events/bulk', 'vibefollow', '/api/v1/events/bulk', ['POST']],
    ['/api/v1/unknown', 'vibefollow', '/api/v1/unknown', []],
    ['/vibefollow/events/bulk', 'vibefollow', '/api/v1/events/bulk', ['POST']],
    ['/vibefollow/api/v1/events/bulk', 'vibefollow', '/api/v1/events/bulk', ['POST']],
    ['/api/event-bulk-create-jobs/', 'klaviyo', '/api/event-bulk-create-jobs', ['POST']],
    ['/api/unknown', 'klaviyo', '/api/unknown', []],
    ['/client/unknown', 'klaviyo', '/client/unknown', []],
    ['/klaviyo/client/events', 'klaviyo', '/client/events', ['POST']],
    ['/kixo/unknown', 'kixo', '/unknown', []],
    ['/flokit', 'flokit', '/', []],
    ['http://gateway.test/v1/batch?x=1', 'kixo', '/v1/batch', ['POST']],
    ['HTTPS://gateway.test:8443//api/v1/unknown/', 'vibefollow', '/api/v1/unknown', []],
    ['/v1/%zz', 'flokit', '/v1/%zz', []],
  ])('%s belongs to %s', (url, dialect, nativePath, methods) => {
    const known = paths.find(url);
    expect([known?.dialect.name, known?.nativePath, known?.methods]).toEqual([dialect, nativePath, methods]);
  });

  it.each(['/', '/admin/v1/sources', '/health/live', '/flokits', '/v2/events', '/apis'])(
    '%s belongs to none',
    (url) => {
      expect(paths.find(url)).toBeUndefined();
    },
  );
});
