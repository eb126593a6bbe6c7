import { differingMembers } from '../document/differing-members.js';
import type { DocumentChange } from '../store/configuration.store.js';
import type { Snapshot } from '../store/snapshot.js';
import type { AuditDraft } from './audit-entry.js';
import type { Author } from './author.js';

/** One entry per changed document; `before` and `after` are the configuration around the change. */
export function changedEntries(
  author: Author,
  changes: readonly DocumentChange[],
  before: Snapshot,
  after: Snapshot,
): readonly AuditDraft[] {
  const at = Date.now();
  return changes.map(({ kind, id, act }) => {
    const [old, fresh] = [contentOf(before, kind, id), contentOf(after, kind, id)];
    const action = act ?? (fresh === undefined ? 'delete' : old === undefined ? 'create' : 'update');
    const members = old && fresh ? differingMembers(old, fresh) : [];
    return { author, at, act: { action, target: { kind, id }, members }, outcome: 'done' };
  });
}

function contentOf(snapshot: Snapshot, kind: DocumentChange['kind'], id: string): object | undefined {
  switch (kind) {
    case 'source': {
      const stored = snapshot.storedSources.get(id);
      return stored && { ...stored.settings, credentials: stored.source.credentials, retiring: stored.source.retiring };
    }
    case 'destination': {
      const stored = snapshot.storedDestinations.get(id);
      const { credentials, retiring, paused } = stored?.destination ?? {};
      return stored && { ...stored.settings, credentials, retiring, paused };
    }
    case 'token':
      return snapshot.storedAdminTokens.get(id)?.token;
  }
}
