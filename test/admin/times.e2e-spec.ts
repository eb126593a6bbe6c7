import { startRedis } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
  await app.call('POST', '/destinations', { id: 'log', name: 'Log', type: 'log' });
}, 60_000);

// Each of them is ISO 8601, and none of them anything that `Date.parse` reads.
describe.each(['2028-11-29T10Z', '20281129', '2028-W05'])('a bound of %s', (time) => {
  it.each(['history', 'dead-letters'])('is refused for a replay from %s', async (from) => {
    for (const bound of ['since', 'until']) {
      const answer = await app.call('POST', '/replays', { destinationId: 'log', from, [bound]: time, dryRun: true });
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/${bound}`]]);
    }
  });

  it.each(['/deliveries', '/audit'])('is refused for %s', async (path) => {
    for (const bound of ['since', 'until']) {
      const answer = await app.call('GET', `${path}?${bound}=${time}`);
      expect([answer.status, pointersOf(answer)]).toEqual([422, [`/${bound}`]]);
    }
  });
});

describe('a bound that is a date or a time', () => {
  it.each(['2028-11-29', '2028-11-29T10:00:00', '2028-11-29T10:00:00.5Z', '2028-11-29T10:00:00+02:00'])(
    '%s is taken',
    async (time) => {
      const order = { destinationId: 'log', from: 'history', since: time, dryRun: true };
      expect((await app.call('POST', '/replays', order)).status).toBe(201);
      expect((await app.call('GET', `/deliveries?since=${encodeURIComponent(time)}`)).status).toBe(200);
    },
  );
});
