import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '#platform';
import type { Dialect } from './dialect.js';

/** Folders beside this file that are the mechanism, not a dialect. */
const MECHANISM_FOLDERS: ReadonlySet<string> = new Set(['ingest', 'json']);

/** What a dialect's folder must hold to be started; its `.md` and goldens are demanded by the conformance suite. */
const REQUIRED_ROLES = ['dialect', 'wire', 'mapping', 'errors'] as const;

/** The dialects of this program, found by scanning the folders beside this file. */
export class DialectRegistry {
  private constructor(private readonly byName: ReadonlyMap<string, Dialect>) {}

  /** Throws with a list of every fault: what is missing, doubled or misnamed, and where to write what. */
  static async load(root: string = import.meta.dirname): Promise<DialectRegistry> {
    const faults: string[] = [];
    const found: Dialect[] = [];
    for (const folder of await dialectFolders(root)) {
      try {
        found.push(await loadDialect(root, folder));
      } catch (error) {
        faults.push(messageOf(error));
      }
    }
    return DialectRegistry.of(found, faults);
  }

  /** A registry of these dialects; `faults` are reported together with those between them. */
  static of(dialects: readonly Dialect[], faults: readonly string[] = []): DialectRegistry {
    const all = [...faults, ...conflicts(dialects)];
    if (all.length > 0) throw new Error(`Dialects cannot start:\n${all.map((fault) => `  - ${fault}`).join('\n')}`);
    return new DialectRegistry(new Map(dialects.map((dialect) => [dialect.name, dialect])));
  }

  /** Ascending by name. */
  get all(): readonly Dialect[] {
    return [...this.byName.values()];
  }

  get(name: string): Dialect | undefined {
    return this.byName.get(name);
  }
}

/** Names of the folders that must be dialects, ascending. */
export async function dialectFolders(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !MECHANISM_FOLDERS.has(entry.name));
  return folders.map((entry) => entry.name).sort();
}

/** Loads one folder; throws a sentence that says what to write where. */
export async function loadDialect(root: string, folder: string): Promise<Dialect> {
  const files = new Set(await readdir(join(root, folder)));
  const extension = files.has(`${folder}.dialect.js`) ? 'js' : 'ts';
  const missing = REQUIRED_ROLES.map((role) => `${folder}.${role}.${extension}`).filter((file) => !files.has(file));
  if (missing.length > 0)
    throw new Error(`${folder}/ lacks ${missing.join(', ')}: write it in libs/dialects/src/${folder}/`);
  const file = `${folder}.dialect.${extension}`;
  const module = (await import(pathToFileURL(join(root, folder, file)).href)) as { readonly default?: Dialect };
  const dialect = module.default;
  if (dialect === undefined) throw new Error(`${folder}/${file} has no default export: export the Dialect as default`);
  if (dialect.name !== folder) {
    throw new Error(`${folder}/${file} calls itself "${dialect.name}": its name must equal its folder, "${folder}"`);
  }
  if ('claim' in dialect === 'claimFromBody' in dialect) {
    throw new Error(`${folder}/${file} must have either claim (headers, query) or claimFromBody`);
  }
  return dialect;
}

function conflicts(dialects: readonly Dialect[]): readonly string[] {
  const faults: string[] = [];
  const owners = new Map<string, string>();
  const claimFor = (what: string, owner: string): void => {
    const holder = owners.get(what);
    if (holder !== undefined) faults.push(`${what} is declared by ${holder} and again by ${owner}: change one of them`);
    owners.set(what, owner);
  };
  for (const dialect of dialects) {
    claimFor(`dialect "${dialect.name}"`, dialect.name);
    for (const route of [...dialect.routes, ...dialect.probes]) {
      claimFor(`route id "${route.id}"`, `${dialect.name}.dialect`);
      claimFor(`${route.method} ${route.path}`, `${dialect.name}.dialect`);
    }
    for (const path of dialect.ownedPaths) claimFor(`owned path ${path}`, `${dialect.name}.dialect`);
  }
  return faults;
}
