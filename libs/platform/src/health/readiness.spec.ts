import { Readiness, ReadinessCheck } from './readiness.js';

class FixedCheck extends ReadinessCheck {
  constructor(
    readonly name: string,
    readonly check: () => readonly string[] | Promise<readonly string[]>,
  ) {
    super();
  }
}

describe('Readiness', () => {
  it('is ready while no check objects', async () => {
    const readiness = new Readiness();
    readiness.register(new FixedCheck('redis', () => []));
    expect(await readiness.assess()).toEqual([]);
  });

  it('names every culprit, failing and silent ones included, within a second', async () => {
    const readiness = new Readiness();
    readiness.register(new FixedCheck('budget', () => ['1.2 GiB wait, 1 GiB allowed', 'shedding']));
    readiness.register(new FixedCheck('redis', () => Promise.reject(new Error('connect ECONNREFUSED'))));
    readiness.register(
      new FixedCheck('configuration', () => {
        throw new Error('not loaded');
      }),
    );
    readiness.register(new FixedCheck('queues', () => new Promise(() => undefined)));
    const startedAt = Date.now();
    expect(await readiness.assess()).toEqual([
      { check: 'budget', reason: '1.2 GiB wait, 1 GiB allowed' },
      { check: 'budget', reason: 'shedding' },
      { check: 'redis', reason: 'connect ECONNREFUSED' },
      { check: 'configuration', reason: 'not loaded' },
      { check: 'queues', reason: 'gave no answer within 700 ms' },
    ]);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  it('is red from the first signal on', async () => {
    const readiness = new Readiness();
    readiness.startDraining();
    expect(readiness.draining).toBe(true);
    expect(await readiness.assess()).toEqual([{ check: 'process', reason: 'is shutting down' }]);
  });
});
