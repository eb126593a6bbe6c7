import { isJsonObject, type CanonicalEvent, type JsonObject } from '#canonical';
import type { ConnectorSettings, HttpConnector, LostField } from '#destinations';
import type { Dialect } from '#dialects';
import { planParts } from '../../libs/pipeline/src/delivery/plan.js';
import { fromRanges } from '../../libs/pipeline/src/segment/position-ranges.js';

/** Settings that serve the connector of any dialect. */
export const SETTINGS: ConnectorSettings = {
  config: { baseUrl: 'https://vendor.test', bundleId: 'com.acme.server', platform: 'web' },
  credentials: { apiKey: 'k-1', projectId: 'p-1', privateKey: 'pk-1' },
};
export const RECEIVED_AT = Date.parse('2026-06-01T10:00:00.000Z');

/** What happens to events on their way out by a connector and in again by the dialect of the same name. */
export interface Journey {
  /** What must arrive, as `meaning`; ascending. */
  readonly expected: readonly string[];
  readonly arrived: readonly string[];
  readonly refused: readonly unknown[];
}

export function journey(dialect: Dialect, connector: HttpConnector, events: readonly CanonicalEvent[]): Journey {
  const plan = planParts(events, connector, SETTINGS);
  const arrived = plan.parts.flatMap(({ lane, members }) =>
    sendAndReceive(
      dialect,
      connector,
      fromRanges(members).flatMap((member) => events[member] ?? []),
      lane,
    ),
  );
  return {
    expected: events.map((event) => meaning(event, connector.lost?.(event, SETTINGS))).sort(),
    arrived: arrived.map((event) => (event ? meaning(event) : 'refused')).sort(),
    refused: [...plan.rejected, ...plan.notWanted],
  };
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
  const { url, body: text } = connector.encode(events, lane, SETTINGS, { key: 'req_1', attemptAt: RECEIVED_AT });
  const path = new URL(url).pathname;
  const route = dialect.routes.find((each) => each.path === path);
  if (!route) throw new Error(`${path} is no route of ${dialect.name}`);
  const body = JSON.parse(String(text)) as JsonObject;
  const request = { requestId: 'req_0', path, query: {}, headers: {} };
  expect(route.check(body, { request, receivedAt: RECEIVED_AT, bodyBytes: 2_000_000 })).toMatchObject({
    kind: 'checked',
    rejected: [],
    total: events.length,
  });
  const bytes = Buffer.from(text);
  const stored = JSON.parse((dialect.scrub?.(bytes, body) ?? bytes).toString()) as unknown;
  const uniqueIds = uniqueIdsIn(body);
  const ids = new Map(events.map(({ id }) => [id, id]));
  return route.decode({
    body: stored,
    route: route.id,
    headers: {},
    sourceId: 'src-1',
    receivedAt: RECEIVED_AT,
    accepts: () => true,
    idAt: (index) => ids.get(uniqueIds[index] ?? '') ?? events[index]?.id ?? '',
  });
}

/** Klaviyo's connector regroups events: there, those without an own `unique_id` are known by it. */
function uniqueIdsIn(body: JsonObject): readonly (string | undefined)[] {
  const items = listAt(body, 'data', 'attributes', 'events-bulk-create', 'data');
  const events = items.flatMap((item) => listAt(item, 'attributes', 'events', 'data'));
  return events.map((event) => {
    const id = memberAt(event, 'attributes', 'unique_id');
    return typeof id === 'string' ? id : undefined;
  });
}

function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = memberAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

function memberAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isJsonObject(inner) ? inner[name] : undefined), value);
}
