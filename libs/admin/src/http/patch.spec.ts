import { ConfigurationError, type WriteCondition } from '#control-plane';
import { patchUntilWritten } from './patch.js';

/** Somebody else writes before each of the first `collisions` writes. */
function contested(collisions: number) {
  let state = 0;
  let writes = 0;
  return {
    read: () => Promise.resolve({ etag: String(state) }),
    write: (_stored: unknown, { ifMatch }: WriteCondition): Promise<number> => {
      writes += 1;
      if (writes <= collisions) state += 1;
      if (ifMatch?.includes(String(state))) return Promise.resolve(writes);
      return Promise.reject(new ConfigurationError({ kind: 'changed_meanwhile', what: 'source', id: 's' }));
    },
  };
}

const faultOf = (patched: Promise<unknown>): Promise<unknown> =>
  patched.then(
    () => undefined,
    (error: unknown) => (error instanceof ConfigurationError ? error.fault.kind : error),
  );

describe('patchUntilWritten', () => {
  it.each([{}, { ifMatch: 'any' as const }])('outlasts others who write, with %j', async (condition) => {
    const { read, write } = contested(20);
    expect(await patchUntilWritten(read, write, condition)).toBe(21);
  });

  it('says that the configuration is busy where that never ends', async () => {
    const { read, write } = contested(Infinity);
    expect(await faultOf(patchUntilWritten(read, write, {}))).toBe('busy');
  });

  it('does not write over another state than the one that was named', async () => {
    const { read, write } = contested(1);
    expect(await faultOf(patchUntilWritten(read, write, { ifMatch: ['0'] }))).toBe('changed_meanwhile');
  });
});
