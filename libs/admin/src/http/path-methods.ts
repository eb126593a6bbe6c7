/** Which methods a path knows: for 405 and its `Allow`, which the router does not tell. */
export class PathMethods {
  private readonly routes: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = [];

  /** `pattern` as the router knows it: `:name` takes one segment. */
  add(pattern: string, methods: readonly string[]): void {
    this.routes.push({ segments: segmentsOf(pattern), methods });
  }

  /** Ascending; empty where nothing is. */
  of(path: string): readonly string[] {
    const segments = segmentsOf(path);
    const matching = this.routes.filter((route) => matches(route.segments, segments));
    return [...new Set(matching.flatMap(({ methods }) => methods))].sort();
  }
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, at) => part.startsWith(':') || part === segments[at]);
}
