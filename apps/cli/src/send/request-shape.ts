import { isJsonObject, type Json, type JsonObject } from '#canonical';
import type { Dialect, IngestRoute } from '#dialects';
import { CliFailure, EXIT } from '../failure.js';

/** How a dialect's requests that carry many items are put together, as far as its own declarations tell. */
export interface RequestShape {
  readonly route: IngestRoute;
  readonly headers: Readonly<Record<string, string>>;
  /** The members that lead to the list of items. */
  readonly listPath: readonly [string, ...string[]];
  readonly maxItems: number;
  /** What the schema fixes around the list. */
  readonly fixed: JsonObject;
  /** Credentials that go in the body. */
  readonly credentialMembers: JsonObject;
}

interface FoundList {
  readonly path: readonly string[];
  readonly maxItems: number;
}

/** `path`: absent, the one of the dialect's sample. Throws CliFailure where the route takes single items only. */
export function shapeOf(
  dialect: Dialect,
  credentials: Readonly<Record<string, string>>,
  path: string | undefined,
): RequestShape {
  const sample = dialect.sample(credentials);
  const wanted = path ?? sample.path;
  const lists = dialect.routes.flatMap((route) => {
    const list = findList(route.bodySchema, []);
    return list ? [{ route, list }] : [];
  });
  const chosen = lists.find(({ route }) => route.path === wanted);
  const [first, ...rest] = chosen?.list.path ?? [];
  if (!chosen || first === undefined) {
    const paths = lists.map(({ route }) => route.path).join(', ');
    throw new CliFailure(
      `${dialect.title} takes lists of events at ${paths}; "${wanted}" is none of them.`,
      EXIT.usage,
    );
  }
  const secrets = new Set<unknown>(Object.values(credentials));
  return {
    route: chosen.route,
    headers: sample.headers,
    listPath: [first, ...rest],
    maxItems: chosen.list.maxItems,
    fixed: constantsOf(chosen.route.bodySchema),
    credentialMembers: Object.fromEntries(Object.entries(sample.body).filter(([, value]) => secrets.has(value))),
  };
}

/** The list of items in a body, if it has one. */
export function listIn(body: JsonObject, { listPath }: RequestShape): readonly Json[] | undefined {
  const found = listPath.reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), body);
  return Array.isArray(found) ? (found as readonly Json[]) : undefined;
}

/** The body with this list in place of its own. */
export function withList(body: JsonObject, items: readonly Json[], { listPath }: RequestShape): JsonObject {
  const put = (value: unknown, [name, ...deeper]: readonly string[]): Json => {
    if (name === undefined) return items;
    const object = isJsonObject(value) ? value : {};
    return { ...object, [name]: put(object[name], deeper) };
  };
  return put(body, listPath) as JsonObject;
}

/** The list nearest to the root. */
function findList(schema: unknown, path: readonly string[]): FoundList | undefined {
  const members = propertiesOf(schema);
  for (const [name, member] of members) {
    if (isJsonObject(member) && member.type === 'array' && typeof member.maxItems === 'number' && 'items' in member) {
      return { path: [...path, name], maxItems: member.maxItems };
    }
  }
  for (const [name, member] of members) {
    const found = findList(member, [...path, name]);
    if (found) return found;
  }
  return undefined;
}

function constantsOf(schema: unknown): JsonObject {
  const entries = propertiesOf(schema).flatMap(([name, member]): [string, Json][] => {
    if (!isJsonObject(member)) return [];
    if (member.const !== undefined) return [[name, member.const]];
    const inner = constantsOf(member);
    return Object.keys(inner).length > 0 ? [[name, inner]] : [];
  });
  return Object.fromEntries(entries);
}

function propertiesOf(schema: unknown): readonly (readonly [string, Json | undefined])[] {
  return isJsonObject(schema) && isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
}
