import type { CanonicalEvent, JsonObject } from '#canonical';
import type { ConnectorSettings, HttpConnector } from '#destinations';
import type { Dialect } from '#dialects';
import { leavesOf, sameValue, type Leaf } from './leaves.js';
import { SPECIMENS, type Specimen } from './specimens.js';

/** What becomes of one field of the canonical event. */
export interface FieldFate {
  readonly canonical: string;
  /** Where it stood in the request that came in; empty if the gateway made it. */
  readonly from: readonly string[];
  /** Where it stands in the request that goes out; empty if it is lost. */
  readonly to: readonly string[];
  /** Why it does not get there, or not whole. */
  readonly reason?: string;
  /** Whether the request that goes out contains its value, wherever and whyever. */
  readonly isSent: boolean;
}

export interface Passage {
  readonly title: string;
  readonly fromPath: string;
  readonly toPath: string;
  readonly fields: readonly FieldFate[];
  /** Of the request that goes out: what stands for nothing in the one that came in. */
  readonly added: readonly string[];
}

export interface Translation {
  readonly from: Dialect;
  readonly to: HttpConnector;
  readonly passages: readonly Passage[];
}

const ID = 'evt_00000000000000000001';
const RECEIVED_AT = Date.parse('2026-05-01T10:00:08.000Z');
export const SETTINGS: ConnectorSettings = {
  config: { baseUrl: 'https://vendor.test', bundleId: 'com.acme.server', platform: 'web' },
  credentials: {},
};

/** How a dialect's specimens come out of a connector, told by what becomes of their values. */
export function translate(from: Dialect, to: HttpConnector): Translation {
  const specimens = SPECIMENS[from.name];
  if (!specimens) throw new Error(`${from.name}: write its specimens in tools/translation/specimens.ts`);
  return { from, to, passages: specimens.map((specimen) => passage(specimen, from, to)) };
}

function passage({ title, route: routeId, body }: Specimen, from: Dialect, to: HttpConnector): Passage {
  const route = from.routes.find(({ id }) => id === routeId);
  if (!route) throw new Error(`${routeId} is no route of ${from.name}`);
  const [event, ...more] = route.decode({
    body,
    route: routeId,
    headers: {},
    sourceId: 'src-1',
    receivedAt: RECEIVED_AT,
    accepts: () => true,
    idAt: () => ID,
  });
  if (!event || more.length > 0) throw new Error(`${title} of ${from.name} must be one event`);
  const placement = to.place(event, SETTINGS);
  if (placement.kind !== 'lane') throw new Error(`${to.type} does not take ${title} of ${from.name}`);
  const { url, body: text } = to.encode([event], placement.lane, SETTINGS, { key: 'req_1', attemptAt: RECEIVED_AT });
  const sent = leavesOf(JSON.parse(String(text)) as JsonObject);
  const fates = leavesOf(tracedPart(event)).map((leaf) => fateOf(leaf, event, leavesOf(body), sent, to));
  const fields = fates.filter((fate) => fate.to.length > 0 || !isSaidByEndpoint(fate.canonical, event));
  const explained = new Set(fields.flatMap((field) => field.to));
  const added = sent.map(({ path }) => path).filter((path) => !explained.has(path));
  return { title, fromPath: route.path, toPath: new URL(url).pathname, fields, added };
}

/** The event but for what only the gateway is concerned with. */
function tracedPart({ received_at: _at, source: _source, type: _type, ...others }: CanonicalEvent): JsonObject {
  return others;
}

/** A profile's name is that of its kind, and a time that is only its receipt's says nothing of it. */
function isSaidByEndpoint(field: string, { type, timestamp, received_at }: CanonicalEvent): boolean {
  return type === 'identify' && (field === 'event' || (field === 'timestamp' && timestamp === received_at));
}

function fateOf(
  { path, value }: Leaf,
  event: CanonicalEvent,
  came: readonly Leaf[],
  sent: readonly Leaf[],
  to: HttpConnector,
): FieldFate {
  const where = (leaves: readonly Leaf[]): readonly string[] =>
    leaves.filter((leaf) => sameValue(leaf.value, value)).map((leaf) => leaf.path);
  const lost = (to.lost?.(event, SETTINGS) ?? []).find(
    ({ field }) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`),
  );
  const isLost = lost !== undefined && path !== 'timestamp';
  return {
    canonical: path,
    from: where(came),
    to: isLost ? [] : where(sent),
    isSent: where(sent).length > 0,
    ...(lost && { reason: lost.reason }),
  };
}
