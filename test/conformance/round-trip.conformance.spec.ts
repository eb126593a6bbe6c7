import { join } from 'node:path';
import fc from 'fast-check';
import type { CanonicalEvent } from '#canonical';
import { dialectConnectors, dialectFolders, loadDialect, type Dialect } from '#dialects';
import { dialectRequests, type DialectRequest } from '../support/dialect-requests.js';
import { readGoldens } from './golden.js';
import { journey, RECEIVED_AT, SETTINGS } from './journey.js';

/*
 * Dialect in, same dialect out, over the wire: what a connector sends is a request that the dialect takes whole, and
 * that means the same events again.
 */

/** A long run: `ROUND_TRIPS=100000 npm test -- round-trip`. */
const RUNS = Number(process.env.ROUND_TRIPS ?? 300);
const ROOT = join(import.meta.dirname, '../../libs/dialects/src');
const connectors = await dialectConnectors();
const dialects = await Promise.all((await dialectFolders(ROOT)).map((name) => loadDialect(ROOT, name)));

/** What even the own dialect does not get back: the device's clock, and what browsers may not do. */
const LOST_AT_HOME: Readonly<Record<string, readonly string[]>> = {
  kixo: ['extras.envelope.sent_at', 'extras.sent_at', 'extras.timestamp'],
  klaviyo: ['extras.ignored.patch_identifiers'],
};

/** Every event of the dialect's golden cases, under ids of its own. */
function corpusOf(name: string): readonly CanonicalEvent[] {
  const events = readGoldens(join(ROOT, name)).flatMap((golden) => golden.events ?? []) as unknown as CanonicalEvent[];
  return events.map((event, index) => ({ ...event, id: `evt_${String(index).padStart(20, '0')}` }));
}

/** The events that the dialect takes of these requests, under ids of its own. */
function eventsOf(dialect: Dialect, requests: readonly DialectRequest[]): readonly CanonicalEvent[] {
  const taken = requests.flatMap(({ route: id, body }) => {
    const route = dialect.routes.find((each) => each.id === id);
    if (!route) throw new Error(`${id} is no route of ${dialect.name}`);
    const request = { requestId: 'req_0', path: route.path, query: {}, headers: {} };
    const checked = route.check(body, { request, receivedAt: RECEIVED_AT, bodyBytes: 2_000_000 });
    if (checked.kind === 'refused') return [];
    const rejected = new Set(checked.rejected.map(({ index }) => index));
    const accepts = (index: number): boolean => !rejected.has(index);
    const origin = { route: id, headers: {}, sourceId: 'src-1', receivedAt: RECEIVED_AT };
    return route.decode({ ...origin, body, accepts, idAt: () => '' }).filter((event) => event !== undefined);
  });
  return taken.map((event, index) => ({ ...event, id: `evt_${String(index).padStart(20, '0')}` }));
}

describe.each(dialects.map((dialect) => ({ name: dialect.name, dialect })))(
  '$name in, $name out',
  ({ name, dialect }) => {
    const found = connectors.find(({ type }) => type === name);
    if (found?.transport !== 'http') throw new Error(`${name} has no connector`);
    const connector = found;
    const corpus = corpusOf(name);

    it('means the events of all golden cases again, and refuses none that it took', () => {
      const { arrived, expected, refused } = journey(dialect, connector, corpus);
      expect(corpus.length).toBeGreaterThan(30);
      expect(refused).toEqual([]);
      expect(arrived).toEqual(expected);
    });

    it('loses next to nothing', () => {
      const lost = corpus.flatMap((event) => connector.lost?.(event, SETTINGS) ?? []);
      expect([...new Set(lost.map(({ field }) => field))].sort()).toEqual(LOST_AT_HOME[name] ?? []);
    });

    it('means the events of any requests again, gathered together', () => {
      const requests = dialectRequests[name];
      if (!requests) throw new Error(`write arbitrary requests of ${name} in test/support/dialect-requests.ts`);
      let journeys = 0;
      fc.assert(
        fc.property(fc.array(requests, { minLength: 1, maxLength: 4 }), (given) => {
          const events = eventsOf(dialect, given);
          if (events.length === 0) return;
          journeys++;
          const { arrived, expected, refused } = journey(dialect, connector, events);
          expect(refused).toEqual([]);
          expect(arrived).toEqual(expected);
        }),
        { numRuns: RUNS },
      );
      expect(journeys).toBeGreaterThan(RUNS / 2);
    });
  },
);
