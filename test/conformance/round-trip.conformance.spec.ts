import { join } from 'node:path';
import { isJsonObject, type CanonicalEvent, type JsonObject } from '#canonical';
import type { ConnectorSettings, HttpConnector, LostField } from '#destinations';
import { dialectConnectors, dialectFolders, loadDialect, type Dialect } from '#dialects';
import { planParts } from '../../libs/pipeline/src/delivery/plan.js';
import { fromRanges } from '../../libs/pipeline/src/segment/position-ranges.js';
import { readGoldens } from './golden.js';

/*
 * Dialect in, same dialect out, over the wire: what a connector sends is a request that the dialect takes whole, and
 * that means the same events again.
 */

const ROOT = join(import.meta.dirname, '../../libs/dialects/src');
const connectors = await dialectConnectors();
const dialects = await Promise.all((await dialectFolders(ROOT)).map((name) => loadDialect(ROOT, name)));
const settings: ConnectorSettings = {
  config: { baseUrl: 'https://vendor.test', bundleId: 'com.acme.server', platform: 'web' },
  credentials: { apiKey: 'k-1', projectId: 'p-1', privateKey: 'pk-1' },
};
const receivedAt = Date.parse('2026-06-01T10:00:00.000Z');

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

/**
 * What must be left of an event after a journey: all but its id, where and when the gateway got it, and what the connector
 * says it loses. A profile without a time of its own has that of its receipt.
 */
function meaning(event: CanonicalEvent, lost: readonly LostField[] = []): string {
  const { id: _id, received_at: receivedAt, source: _source, timestamp, ...others } = event;
  const untimed = event.type === 'identify' && timestamp === receivedAt;
  const kept = untimed ? others : { ...others, timestamp };
  return JSON.stringify(sorted(lost.reduce((left: JsonObject, { field }) => without(left, field.split('.')), kept)));
}

/** Without the member at the path, and without what that leaves empty. */
function without(object: JsonObject, [name = '', ...path]: readonly string[]): JsonObject {
  const { [name]: member, ...others } = object;
  if (path.length === 0 || !isJsonObject(member)) return others;
  const rest = without(member, path);
  return Object.keys(rest).length === 0 ? others : { ...others, [name]: rest };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}

function sendAndReceive(dialect: Dialect, connector: HttpConnector, events: readonly CanonicalEvent[], lane: string) {
  const { url, body: text } = connector.encode(events, lane, settings, { key: 'req_1', attemptAt: receivedAt });
  const path = new URL(url).pathname;
  const route = dialect.routes.find((each) => each.path === path);
  if (!route) throw new Error(`${path} is no route of ${dialect.name}`);
  const body = JSON.parse(text) as JsonObject;
  const request = { requestId: 'req_0', path, query: {}, headers: {} };
  expect(route.check(body, { request, receivedAt })).toMatchObject({
    kind: 'checked',
    rejected: [],
    total: events.length,
  });
  const bytes = Buffer.from(text);
  const stored = JSON.parse((dialect.scrub?.(bytes, body) ?? bytes).toString()) as unknown;
  const uniqueIds = [...text.matchAll(/"unique_id":"(evt_\d{20})"|"unique_id":"/g)].map(([, id]) => id);
  return route.decode({
    body: stored,
    route: route.id,
    headers: {},
    sourceId: 'src-1',
    receivedAt,
    accepts: () => true,
    idAt: (index) => uniqueIds[index] ?? events[index]?.id ?? '',
  });
}

describe.each(dialects.map((dialect) => ({ name: dialect.name, dialect })))(
  '$name in, $name out',
  ({ name, dialect }) => {
    const found = connectors.find(({ type }) => type === name);
    const connector = found?.transport === 'http' ? found : undefined;
    const corpus = corpusOf(name);

    it('has a connector and a corpus', () => {
      expect(connector).toBeDefined();
      expect(corpus.length).toBeGreaterThan(30);
    });

    it('means the same events again, and refuses none that it took', () => {
      if (!connector) throw new Error(`${name} has no connector`);
      const plan = planParts(corpus, connector, settings);
      expect([plan.rejected, plan.notWanted]).toEqual([[], []]);
      const arrived = plan.parts.flatMap(({ lane, members }) =>
        sendAndReceive(
          dialect,
          connector,
          fromRanges(members).flatMap((member) => corpus[member] ?? []),
          lane,
        ),
      );
      const meanings = arrived.map((event) => event && meaning(event)).sort();
      expect(meanings).toEqual(corpus.map((event) => meaning(event, connector.lost?.(event, settings))).sort());
    });

    it('loses next to nothing', () => {
      const lost = corpus.flatMap((event) => connector?.lost?.(event, settings) ?? []);
      expect([...new Set(lost.map(({ field }) => field))].sort()).toEqual(LOST_AT_HOME[name] ?? []);
    });
  },
);
