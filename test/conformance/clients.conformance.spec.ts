import { join } from 'node:path';
import { isJsonObject } from '#canonical';
import { DialectRegistry } from '#dialects';

const { all } = await DialectRegistry.load(join(import.meta.dirname, '../../libs/dialects/src'));

describe.each(all.map((dialect) => [dialect.name, dialect] as const))('the client settings of %s', (_, dialect) => {
  const { clients = [], credentials } = dialect;

  it('name the address and nothing that is not a credential of the dialect', () => {
    const { properties } = credentials.schema;
    const known = ['baseUrl', ...(isJsonObject(properties) ? Object.keys(properties) : [])];
    for (const { code } of clients) {
      const named = [...code.matchAll(/<([A-Za-z]+)>/g)].map(([, name = '']) => name);
      expect(named).toContain('baseUrl');
      expect(known).toEqual(expect.arrayContaining(named));
    }
  });

  it('call only paths that the dialect serves', () => {
    const served = dialect.routes.map(({ path }) => path);
    const called = clients.flatMap(({ code }) => [...code.matchAll(/(?:_URL\}|<baseUrl>)(\/[\w/-]+)/g)]);
    for (const [, path = ''] of called) expect([...served, `/${dialect.name}`]).toContain(path);
  });

  it('have a title each', () => {
    expect(new Set(clients.map(({ title }) => title)).size).toBe(clients.length);
  });
});
