import type { Dialect, IngestRoute, ProbeRoute } from '../dialect.js';

export interface KnownPath {
  readonly dialect: Dialect;
  /** Without `/<dialect>` and final slash, as the vendor writes it. */
  readonly nativePath: string;
  /** Methods served there, upper case; empty for a path nobody knows. */
  readonly methods: readonly string[];
}

export interface RoutePath {
  readonly dialect: Dialect;
  readonly route: IngestRoute | ProbeRoute;
  readonly path: string;
}

/** Who answers which path: routes, their aliases below `/<dialect>`, and everything a dialect owns. */
export class PathTable {
  private readonly routes: readonly RoutePath[];
  private readonly methods = new Map<string, { readonly nativePath: string; readonly methods: string[] }>();
  /** Longest first. */
  private readonly owned: readonly { readonly path: string; readonly dialect: Dialect }[];

  constructor(private readonly dialects: readonly Dialect[]) {
    this.routes = dialects.flatMap((dialect) => routePaths(dialect));
    for (const { route, path } of this.routes) {
      const known = this.methods.get(path) ?? { nativePath: route.path, methods: [] };
      known.methods.push(...(route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
      this.methods.set(path, known);
    }
    this.owned = dialects
      .flatMap((dialect) => dialect.ownedPaths.map((path) => ({ path, dialect })))
      .sort((a, b) => b.path.length - a.path.length);
  }

  /** Every path to register, aliases included. */
  get all(): readonly RoutePath[] {
    return this.routes;
  }

  /** First segments below which unknown paths are answered here, e.g. `/v1`, `/flokit`. */
  get roots(): readonly string[] {
    const paths = [...this.owned.map(({ path }) => path), ...this.dialects.map(({ name }) => `/${name}`)];
    return [...new Set(paths.map((path) => `/${path.split('/')[1] ?? ''}`))];
  }

  /** The dialect that answers this URL, or undefined if none does. */
  find(url: string): KnownPath | undefined {
    const path = normalizePath(url);
    const named = this.dialects.find(({ name }) => path === `/${name}` || path.startsWith(`/${name}/`));
    const dialect = named ?? this.owned.find((entry) => covers(entry.path, path))?.dialect;
    if (!dialect) return undefined;
    const known = this.methods.get(path);
    const nativePath = known?.nativePath ?? (named ? path.slice(named.name.length + 1) || '/' : path);
    return { dialect, nativePath, methods: known?.methods ?? [] };
  }
}

/** A path ending in a slash covers everything below, and itself without the slash; any other only itself. */
export function covers(owned: string, path: string): boolean {
  return owned.endsWith('/') ? `${path}/`.startsWith(owned) : owned === path;
}

function routePaths(dialect: Dialect): readonly RoutePath[] {
  const { name, optionalPrefix = '' } = dialect;
  return [...dialect.routes, ...dialect.probes].flatMap((route) => {
    const paths = [route.path, `/${name}${route.path}`];
    if (optionalPrefix !== '' && route.path.startsWith(`${optionalPrefix}/`)) {
      paths.push(`/${name}${route.path.slice(optionalPrefix.length)}`);
    }
    return paths.map((path) => ({ dialect, route, path }));
  });
}

/**
 * As the router compares: no scheme and host, which clients send to what they take for a proxy, no query, single slashes,
 * no final slash, percent-encoding undone where it is valid.
 */
function normalizePath(url: string): string {
  const path = url
    .replace(/^https?:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/{2,}/g, '/')
    .replace(/(.)\/$/, '$1');
  if (!path.includes('%')) return path;
  try {
    // An encoded slash is a letter of its segment, and no route has one.
    return decodeURIComponent(path.replace(/%2f/gi, '%252F'));
  } catch {
    return path;
  }
}
