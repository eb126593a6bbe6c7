import { eventsOf, flokitItem, inParallel, openLine, startGateway, until, type FlokitItem } from '../support/index.js';

const REQUESTS = 400;
/** MiB. Decoded all at once, what the wanted events came with takes several times that. */
const HEAP = 160;

describe('a destination that wants one event in a thousand', () => {
  it('gets what waited for it, though one batch touches hundreds of segments', async () => {
    const gateway = await startGateway({ env: { NODE_OPTIONS: `--max-old-space-size=${HEAP}` } });
    const line = await openLine(gateway);
    await line.change({ match: { sources: [line.sourceId], events: ['wanted'] } });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    const other = (n: number): FlokitItem => flokitItem('other', { properties: { n, note: `${n} `.repeat(50) } });
    const items = [...Array.from({ length: 999 }, (_, n) => other(n)), flokitItem('wanted')];
    const ids: string[] = [];
    await inParallel(Array.from({ length: REQUESTS }), 4, async () => {
      const [id = ''] = (await line.sender.accepted(items)).slice(-1);
      ids.push(id);
    });
    await until(async () => (await line.stats()).waiting === REQUESTS, { what: 'what is wanted to wait' });
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    await until(async () => (await line.stats()).delivered === REQUESTS, {
      timeoutMs: 30_000,
      what: 'it to be delivered',
    });
    const sizes = line.sink.requests.map((request) => eventsOf(request).length);
    expect(Math.max(...sizes)).toBe(REQUESTS);
    expect(line.arrived('wanted').toSorted()).toEqual(ids.sort());
  });
});
