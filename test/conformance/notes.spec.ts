import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dialectFolders } from '#dialects';

const ROOT = join(import.meta.dirname, '../../libs/dialects/src');

/** Notes say which case covers which row of a vendor's protocol; a renamed case must not leave a row uncovered. */
describe.each(await dialectFolders(ROOT))('the notes of %s', (folder) => {
  it('name only cases and specs that exist', () => {
    const notes = readFileSync(join(ROOT, folder, `${folder}.md`), 'utf8');
    const named = [...notes.matchAll(/`([\w.-]+\.(?:json|spec\.ts))`/g)].map(([, file]) => file);
    const existing = new Set([...readdirSync(join(ROOT, folder)), ...readdirSync(join(ROOT, folder, 'golden'))]);
    expect(named.filter((file) => file !== undefined && !existing.has(file))).toEqual([]);
  });
});
