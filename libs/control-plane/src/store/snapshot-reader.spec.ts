import { ConnectorRegistry } from '#destinations';
import { CredentialCipher } from '../credentials/credential-cipher.js';
import type { DialectCatalogue } from '../ports/dialect-catalogue.js';
import { SnapshotReader } from './snapshot-reader.js';
import { writeDocument } from './stored-documents.js';

const documentOf = (type: string): string =>
  writeDocument({
    settings: { name: type, type, config: { url: 'https://crm.example.com' } },
    credentials: {},
    paused: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  });

describe('a stored destination that this process cannot read', () => {
  it('is told apart from a deleted one, until it is deleted or can be read', async () => {
    const cipher = new CredentialCipher(Buffer.alloc(32, 1));
    const reader = new SnapshotReader(cipher, {} as DialectCatalogue, await ConnectorRegistry.load());
    const destinations = new Map([
      ['crm', documentOf('webhook')],
      ['far', documentOf('of-a-later-release')],
      ['odd', 'not a document'],
    ]);
    const none = new Map<string, string>();
    const documents = { revision: 1, sources: none, destinations, adminTokens: none };
    const snapshot = reader.read(documents, undefined, () => undefined);
    expect([...snapshot.destinations.keys()]).toEqual(['crm']);
    expect([...snapshot.unreadableDestinations]).toEqual(['far', 'odd']);
    const without = reader.apply(snapshot, [{ kind: 'destination', id: 'odd', document: null }], 2);
    expect([...without.unreadableDestinations]).toEqual(['far']);
    const readable = [{ kind: 'destination', id: 'far', document: documentOf('webhook') }] as const;
    expect([...reader.apply(without, readable, 3).unreadableDestinations]).toEqual([]);
    const changed = new Map([['crm', documentOf('of-a-later-release')]]);
    const stale = reader.read({ ...documents, revision: 4, destinations: changed }, snapshot, () => undefined);
    expect([...stale.unreadable]).toEqual(['destination/crm']);
    expect(stale.destinations.get('crm')).toBe(snapshot.destinations.get('crm'));
    expect([...stale.unreadableDestinations]).toEqual([]);
  });
});
