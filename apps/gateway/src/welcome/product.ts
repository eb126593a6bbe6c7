import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** As the package's manifest says, whether this file runs compiled or from source. */
export function readProduct(): Product {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return {
    name: text(manifest, 'name'),
    version: text(manifest, 'version'),
    description: text(manifest, 'description'),
  };
}

function text(manifest: unknown, member: string): string {
  const value: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, member) : undefined;
  if (typeof value !== 'string') throw new Error(`package.json has no ${member}`);
  return value;
}
