import { Room } from './room.js';

describe('a room', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('never holds more than it has room for, save for one that is larger, and lets everybody in by turns', async () => {
    const room = new Room(10);
    let held = 0;
    let most = 0;
    const left: number[] = [];
    const sizes = [4, 6, 1, 25, 10, 3, 3, 3, 3];
    await Promise.all(
      sizes.map((size) =>
        room.hold(size, async () => {
          held += size;
          most = Math.max(most, held - (held === 25 ? 15 : 0));
          await turn();
          held -= size;
          left.push(size);
        }),
      ),
    );
    expect(most).toBe(10);
    expect(left).toEqual(sizes);
  });

  it('is left by what fails', async () => {
    const room = new Room(1);
    await expect(room.hold(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await room.enter(1);
  });
});
