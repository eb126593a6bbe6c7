import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface SourceImport {
  readonly specifier: string;
  /** Gone after compilation: cannot be part of a cycle at start. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Below the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+['"]([^'"]+)['"]/g;
const BARE_IMPORT = /(?:^|\n)\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

function importsOf(text: string): readonly SourceImport[] {
  const named = [...text.matchAll(IMPORT)].map(([, type, specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined,
  }));
  const bare = [...text.matchAll(BARE_IMPORT)].map(([, first, second]) => ({
    specifier: first ?? second ?? '',
    typeOnly: false,
  }));
  return [...named, ...bare];
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

/** Runs in a browser, by rules of its own. */
const CONSOLE = join(ROOT, 'apps/console/src');

/** Everything that runs on the server: TypeScript of apps and libs, tests left out. */
export function productSources(): readonly SourceFile[] {
  const roots = ['apps', 'libs'].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).map((name) => join(ROOT, kind, name, 'src')),
  );
  return roots.filter((root) => root !== CONSOLE && statSync(root, { throwIfNoEntry: false })).flatMap(sourcesBelow);
}

export function consoleSources(): readonly SourceFile[] {
  return sourcesBelow(CONSOLE);
}

function sourcesBelow(root: string): readonly SourceFile[] {
  return walk(root)
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('spec.ts'))
    .map((file) => {
      const text = readFileSync(file, 'utf8');
      return { path: relative(ROOT, file).replaceAll('\\', '/'), text, imports: importsOf(text) };
    });
}

/** Where a relative import leads, as a path below the root. */
export function target(file: SourceFile, specifier: string): string {
  const absolute = resolve(ROOT, dirname(file.path), specifier.replace(/\.js$/, '.ts'));
  return relative(ROOT, absolute).replaceAll('\\', '/');
}

/** The first two segments: `libs/dialects`, `apps/gateway`. */
export function roomOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}
