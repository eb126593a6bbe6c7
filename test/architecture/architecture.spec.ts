import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { dialectFolders } from '#dialects';
import { consoleSources, productSources, ROOT, roomOf, target, type SourceFile } from './sources.js';

/** Which room may open which door; a room always may open its own. The same table as in the README and ESLint. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'libs/canonical': [],
  'libs/platform': [],
  'libs/destinations': ['#canonical', '#platform'],
  'libs/dialects': ['#canonical', '#platform', '#destinations'],
  'libs/control-plane': ['#canonical', '#platform', '#destinations'],
  'libs/pipeline': ['#canonical', '#platform', '#destinations', '#control-plane'],
  'libs/admin': ['#canonical', '#platform', '#destinations', '#dialects', '#control-plane', '#pipeline'],
};
const EVERY_LIB = [...Object.keys(ALLOWED)].map((room) => room.replace('libs/', '#'));

const sources = productSources();
const importing = (pattern: RegExp): readonly string[] =>
  sources.filter(({ imports }) => imports.some(({ specifier }) => pattern.test(specifier))).map(({ path }) => path);
const outside = (paths: readonly string[], folder: string): readonly string[] =>
  paths.filter((path) => !path.startsWith(folder));

describe('architecture', () => {
  it('sees the sources', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(sources.length);
  });

  it.each([
    ['axios', /^axios($|\/)/, 'libs/platform/src/outgoing-http/'],
    ['ioredis', /^ioredis($|\/)/, 'libs/platform/src/redis/'],
    ['bullmq', /^bullmq($|\/)/, 'libs/pipeline/src/'],
    ['prom-client', /^prom-client($|\/)/, 'libs/platform/src/metrics/'],
    ['child processes', /^node:child_process$/, 'libs/platform/src/embedded-redis/'],
  ])('%s is imported in one place', (_what, pattern, folder) => {
    const found = importing(pattern);
    expect(found.length).toBeGreaterThan(0);
    expect(outside(found, folder)).toEqual([]);
  });

  it('process.env is read in one place per program', () => {
    const found = sources.filter(({ text }) =>
      /\bprocess\s*\.\s*env\b|\bprocess\s*\[|env\s*}\s*=\s*process/.test(text),
    );
    expect(found.length).toBeGreaterThan(0);
    const paths = found.map(({ path }) => path).filter((path) => path !== 'apps/cli/src/environment.ts');
    expect(outside(paths, 'libs/platform/src/env/')).toEqual([]);
  });

  it('the command line knows the events and the dialects, and reaches the gateway by HTTP alone', () => {
    const doors = sources
      .filter(({ path }) => path.startsWith('apps/cli/'))
      .flatMap(({ imports }) => imports.map(({ specifier }) => specifier).filter((door) => door.startsWith('#')));
    expect([...new Set(doors)].sort()).toEqual(['#canonical', '#dialects']);
  });

  it('rooms open only the doors they may', () => {
    const wrong = sources.flatMap((file) => {
      const allowed = ALLOWED[roomOf(file.path)] ?? EVERY_LIB;
      const doors = file.imports.map(({ specifier }) => specifier).filter((specifier) => specifier.startsWith('#'));
      return doors.filter((door) => !allowed.includes(door)).map((door) => `${file.path} imports ${door}`);
    });
    expect(wrong).toEqual([]);
  });

  it('nobody climbs into another room by a relative path', () => {
    const wrong = sources.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier }) => roomOf(target(file, specifier)) !== roomOf(file.path))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('the canonical event imports no package', () => {
    const canonical = sources.filter(({ path }) => path.startsWith('libs/canonical/'));
    const specifiers = canonical.flatMap(({ imports }) => imports.map(({ specifier }) => specifier));
    expect(specifiers.filter((specifier) => !specifier.startsWith('./'))).toEqual([]);
  });

  it('relative imports name the compiled file', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith('.') && !specifier.endsWith('.js'))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('no file imports itself by a detour', () => {
    expect(cycles(sources)).toEqual([]);
  });

  it('no file is named after nothing', () => {
    const vague = /(^|[/.-])(utils?|helpers?|common|shared|misc|managers?)([/.-]|$)/i;
    expect(sources.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  it('file names are kebab-case.role.ts', () => {
    const names = sources.map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.ts$/.test(name))).toEqual([]);
  });
});

describe('the console', () => {
  const files = consoleSources();

  it('imports nothing of the server: the admin API is all it knows', () => {
    expect(files.length).toBeGreaterThan(30);
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => /^(#|node:)/.test(specifier) || climbsOut(path, specifier))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('asks the server in one place', () => {
    const asking = files.filter(({ text }) => /\bfetch\(|\bXMLHttpRequest\b|\bEventSource\(/.test(text));
    expect(asking.map(({ path }) => path)).toEqual(['apps/console/src/api/client.ts']);
  });

  it('writes no markup, code or style into the page, which its policy would refuse', () => {
    const writing = /dangerouslySetInnerHTML|\binnerHTML\b|\beval\(|new Function\(|createElement\('style'\)/;
    expect(files.filter(({ text }) => writing.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('keeps the token nowhere but in the tab', () => {
    const keeping = files.filter(({ text }) => /\b(?:local|session)Storage\b|document\.cookie|indexedDB/.test(text));
    expect(keeping.map(({ path }) => path)).toEqual(['apps/console/src/api/session.tsx']);
    expect(keeping[0]?.text).not.toContain('localStorage');
  });

  it('has file names in kebab-case', () => {
    const names = files.map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/.test(name))).toEqual([]);
  });
});

function climbsOut(path: string, specifier: string): boolean {
  return specifier.startsWith('.') && !normalize(join(dirname(path), specifier)).startsWith('apps/console/src');
}

const folder = join(ROOT, 'libs/dialects/src');
const names = await dialectFolders(folder);

describe('dialect folders', () => {
  it.each(names)('%s has the files that every dialect has', (name) => {
    const roles = ['dialect.ts', 'adapter.ts', 'wire.ts', 'mapping.ts', 'errors.ts', 'md'];
    expect(readdirSync(join(folder, name))).toEqual(
      expect.arrayContaining([...roles.map((role) => `${name}.${role}`), 'golden']),
    );
  });

  it.each(names)('every file of %s bears its name', (name) => {
    const files = readdirSync(join(folder, name)).filter((file) => file !== 'golden');
    expect(files.filter((file) => !file.startsWith(`${name}.`) && !file.startsWith(`${name}-`))).toEqual([]);
  });

  it.each(names)(
    '%s knows the contract and what all dialects share, but no other dialect nor the mechanism',
    (name) => {
      const own = `libs/dialects/src/${name}/`;
      const open = /^libs\/dialects\/src\/(?!(?:index|ports|dialect-registry|connectors)\.ts$)(?:json\/)?[a-z-]+\.ts$/;
      const wrong = sources
        .filter(({ path }) => path.startsWith(own))
        .flatMap((file) =>
          file.imports
            .filter(({ specifier }) => specifier.startsWith('.'))
            .map(({ specifier }) => target(file, specifier))
            .filter((path) => !path.startsWith(own) && !open.test(path))
            .map((path) => `${file.path} imports ${path}`),
        );
      expect(wrong).toEqual([]);
    },
  );

  it.each(names)('%s is pure: no clock, chance, network or file', (name) => {
    const own = sources.filter(({ path }) => path.startsWith(`libs/dialects/src/${name}/`));
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bfetch\(|\bsetTimeout\b/;
    expect(own.filter(({ text }) => impure.test(text)).map(({ path }) => path)).toEqual([]);
    const packages = own.flatMap(({ imports }) => imports.map(({ specifier }) => specifier));
    expect(packages.filter((specifier) => /^node:(?!crypto$|buffer$)/.test(specifier))).toEqual([]);
  });
});

/** Circles among value imports: with decorators, such a circle is an error at start. */
function cycles(files: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    const file = byPath.get(path);
    for (const { specifier, typeOnly } of file?.imports ?? []) {
      if (file && !typeOnly && specifier.startsWith('.')) visit(target(file, specifier), [...trail, path]);
    }
    state.set(path, 'done');
  };
  for (const { path } of files) visit(path, []);
  return found;
}
