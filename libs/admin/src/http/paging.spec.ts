import { pageOf, readLimit, writeCursor } from './paging.js';

const entries = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
const page = (limit: string, cursor?: string) =>
  pageOf(entries, ({ id }) => id, { limit, ...(cursor === undefined ? {} : { cursor }) });

describe('pageOf', () => {
  it('goes on after the last id that was given out', () => {
    const first = page('2');
    expect(first).toEqual({ items: [{ id: 'a' }, { id: 'b' }], nextCursor: 'MTpi' });
    expect(page('2', 'MTpi')).toEqual({ items: [{ id: 'c' }, { id: 'd' }], nextCursor: null });
    expect(page('4').nextCursor).toBeNull();
  });

  it('goes on where the entry of the cursor is gone', () => {
    expect(page('9', writeCursor('bb')).items).toEqual([{ id: 'c' }, { id: 'd' }]);
    expect(page('9', writeCursor('z'))).toEqual({ items: [], nextCursor: null });
  });

  it('goes on downwards where the newest is first', () => {
    const down = (limit: string, cursor?: string) =>
      pageOf(
        [...entries].reverse(),
        ({ id }) => id,
        cursor === undefined ? { limit } : { limit, cursor },
        'descending',
      );
    expect(down('2')).toEqual({ items: [{ id: 'd' }, { id: 'c' }], nextCursor: writeCursor('c') });
    expect(down('2', writeCursor('c'))).toEqual({ items: [{ id: 'b' }, { id: 'a' }], nextCursor: null });
  });

  it.each(['b', 'MjpiAA', 'MTpi=', '', '%%%'])('refuses the cursor %j', (cursor) => {
    expect(() => page('2', cursor)).toThrow('/cursor: must be the nextCursor of an earlier answer');
  });
});

describe('readLimit', () => {
  it('is 50 by default and 1 to 250', () => {
    expect([readLimit({}), readLimit({ limit: '1' }), readLimit({ limit: '250' })]).toEqual([50, 1, 250]);
  });

  it.each(['0', '251', '-1', '1.5', '1e2', ' 5', 'x', ''])('refuses %j', (limit) => {
    expect(() => readLimit({ limit })).toThrow('/limit: must be a whole number from 1 to 250');
  });
});
