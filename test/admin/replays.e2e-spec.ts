import { startRedis } from '../support/index.js';
import { pointersOf, startAdminApp, type AdminApp, type Answer } from './admin-app.js';

let app: AdminApp;
/** In the order in which they were made. */
const made: { readonly id: string; readonly dryRun: boolean }[] = [];

beforeAll(async () => {
  app = await startAdminApp(await startRedis());
  await app.call('POST', '/destinations', { id: 'log', name: 'Log', type: 'log' });
  for (const dryRun of [false, true, true, true, false, true, false, true]) {
    const { body } = await app.call('POST', '/replays', { destinationId: 'log', from: 'history', dryRun });
    made.push({ id: body.id, dryRun });
  }
}, 60_000);

const idsIn = ({ body }: Answer): readonly string[] => body.data.map(({ id }) => id).sort();
const idsOf = (dryRun: boolean): readonly string[] =>
  made.flatMap((replay) => (replay.dryRun === dryRun ? [replay.id] : [])).sort();

describe('the list of replays', () => {
  it('may be asked for counts only, or for none of them', async () => {
    expect(idsIn(await app.call('GET', '/replays'))).toEqual(made.map(({ id }) => id).sort());
    expect(idsIn(await app.call('GET', '/replays?dryRun=true'))).toEqual(idsOf(true));
    expect(idsIn(await app.call('GET', '/replays?dryRun=false'))).toEqual(idsOf(false));
    expect(pointersOf(await app.call('GET', '/replays?dryRun=maybe'))).toEqual(['/dryRun']);
  });

  it.each([1, 2, 3])('fills its pages whatever is left out, %i at a time', async (limit) => {
    const pages: (readonly string[])[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const after = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer: Answer = await app.call('GET', `/replays?dryRun=false&limit=${limit}${after}`);
      pages.push(idsIn(answer));
      cursor = answer.body.nextCursor;
    }
    expect(pages.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
    expect(pages.flat().sort()).toEqual(idsOf(false));
  });
});
