import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connector } from './connector.js';

/** As compiled, or as tests run it. */
const EXTENSION = extname(fileURLToPath(import.meta.url));

/**
 * The connectors of all folders below `root`: `<type>/<type>.connector.ts`, each the file's default export. Folders
 * without such a file are passed over.
 * @throws Error if a file has no connector as default export, or one of another type than its folder's name.
 */
export async function scanConnectors(root: URL): Promise<readonly Connector[]> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  const found = await Promise.all(names.map((name) => loadFrom(root, name)));
  return found.filter((connector) => connector !== undefined);
}

async function loadFrom(root: URL, name: string): Promise<Connector | undefined> {
  const files = await readdir(new URL(`${name}/`, root));
  const file = `${name}.connector${EXTENSION}`;
  if (!files.includes(file)) return undefined;
  const loaded = (await import(new URL(`${name}/${file}`, root).href)) as { readonly default?: unknown };
  const connector = loaded.default;
  const where = `${name}/${name}.connector.ts`;
  if (!isConnector(connector)) throw new Error(`${where}: write "export default" with a Connector`);
  if (connector.type === name) return connector;
  throw new Error(`${where}: its type is "${connector.type}"; write type: '${name}' or rename the folder`);
}

function isConnector(value: unknown): value is Connector {
  return typeof value === 'object' && value !== null && 'type' in value && 'transport' in value && 'defaults' in value;
}
