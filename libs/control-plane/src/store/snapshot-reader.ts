import { Injectable } from '@nestjs/common';
import { ConnectorRegistry, type DeliveryDefaults, type RateWindow } from '#destinations';
import { CredentialCipher } from '../credentials/credential-cipher.js';
import type { ConfigurationKind } from '../configuration.errors.js';
import type { Destination, DestinationSettings, RateLimit, Source } from '../model.js';
import { DialectCatalogue } from '../ports/dialect-catalogue.js';
import type { DocumentChange, StoredDocuments } from './configuration.store.js';
import {
  buildSnapshot,
  etagOf,
  nameOf,
  type Snapshot,
  type StoredAdminToken,
  type StoredDestination,
  type StoredSource,
  type TokenFinder,
} from './snapshot.js';
import { readAdminTokenDocument, readDestinationDocument, readSourceDocument } from './stored-documents.js';

/** What to do with a document that cannot be read. May throw. */
export interface UnreadableDocument {
  (kind: ConfigurationKind, id: string, cause: unknown): void;
}

/** Turns stored documents into a snapshot: opens credentials and fills in the defaults of each type. */
@Injectable()
export class SnapshotReader {
  constructor(
    private readonly cipher: CredentialCipher,
    private readonly dialects: DialectCatalogue,
    private readonly connectors: ConnectorRegistry,
  ) {}

  private readonly tokensOf: TokenFinder = (dialect, credentials) =>
    this.dialects.names().includes(dialect) ? this.dialects.tokens(dialect, credentials) : [];

  /**
   * Documents that have not changed keep their object of `previous`. One that cannot be read keeps the object of
   * `previous` too, if there is one, and is left out otherwise; it is told of as unreadable.
   */
  read(documents: StoredDocuments, previous: Snapshot | undefined, onUnreadable: UnreadableDocument): Snapshot {
    const unreadable = new Set<string>();
    const noting =
      (kind: ConfigurationKind) =>
      (id: string, cause: unknown): void => {
        unreadable.add(nameOf({ kind, id }));
        onUnreadable(kind, id, cause);
      };
    const sources = readEach(
      documents.sources,
      previous?.storedSources,
      (id, text) => this.readSource(id, text),
      noting('source'),
    );
    const destinations = readEach(
      documents.destinations,
      previous?.storedDestinations,
      (id, text) => this.readDestination(id, text),
      noting('destination'),
    );
    const adminTokens = readEach(documents.adminTokens, previous?.storedAdminTokens, readAdminToken, noting('token'));
    return buildSnapshot(documents.revision, sources, destinations, adminTokens, this.tokensOf, unreadable);
  }

  /** The snapshot after `changes`, which were written at `revision`. */
  apply(before: Snapshot, changes: readonly DocumentChange[], revision: number): Snapshot {
    const sources = new Map(before.storedSources);
    const destinations = new Map(before.storedDestinations);
    const adminTokens = new Map(before.storedAdminTokens);
    const unreadable = new Set(before.unreadable);
    for (const { kind, id, document } of changes) {
      unreadable.delete(nameOf({ kind, id }));
      switch (kind) {
        case 'source':
          replaceIn(sources, id, document, (text) => this.readSource(id, text));
          break;
        case 'destination':
          replaceIn(destinations, id, document, (text) => this.readDestination(id, text));
          break;
        case 'token':
          replaceIn(adminTokens, id, document, (text) => readAdminToken(id, text));
      }
    }
    return buildSnapshot(revision, sources, destinations, adminTokens, this.tokensOf, unreadable);
  }

  private readSource(id: string, text: string): StoredSource {
    const { settings, credentials, retiring, createdAt, updatedAt } = readSourceDocument(text);
    const { rateLimit, ...rest } = settings;
    const source: Source = {
      id,
      ...rest,
      credentials: this.cipher.openAll(credentials, 'source', id),
      retiring: retiring.map((entry) => ({
        credentials: this.cipher.openAll(entry.credentials, 'source', id),
        until: entry.until,
      })),
      ...(rateLimit === undefined ? {} : { rateLimit: rateLimit === null ? null : windowsOf(rateLimit) }),
      createdAt,
      updatedAt,
    };
    return { settings, source, etag: etagOf(text) };
  }

  private readDestination(id: string, text: string): StoredDestination {
    const { settings, credentials, retiring, paused, createdAt, updatedAt } = readDestinationDocument(text);
    const connector = this.connectors.get(settings.type);
    if (!connector) throw new Error(`this gateway has no destination type "${settings.type}"`);
    const destination: Destination = {
      id,
      ...resolveSettings(settings, connector.defaults),
      credentials: this.cipher.openAll(credentials, 'destination', id),
      ...(retiring && {
        retiring: {
          credentials: this.cipher.openAll(retiring.credentials, 'destination', id),
          until: retiring.until,
        },
      }),
      paused,
      createdAt,
      updatedAt,
    };
    return { settings, destination, etag: etagOf(text) };
  }
}

function readAdminToken(id: string, text: string): StoredAdminToken {
  const { name, role, digest, hint, createdBy, createdAt, expiresAt } = readAdminTokenDocument(text);
  return { token: { id, name, role, hint, createdBy, createdAt, expiresAt }, digest, etag: etagOf(text) };
}

type ResolvedSettings = Omit<Destination, 'id' | 'credentials' | 'retiring' | 'paused' | 'createdAt' | 'updatedAt'>;

export function resolveSettings(settings: DestinationSettings, defaults: DeliveryDefaults): ResolvedSettings {
  const {
    name,
    type,
    config,
    match = {},
    transform = {},
    rateLimit,
    ordering = 'none',
    maxQueuedBytes = null,
  } = settings;
  return {
    name,
    type,
    config,
    match,
    transform,
    batch: { ...defaults.batch, ...settings.batch },
    rateLimit: rateLimit === undefined ? defaults.rateLimit : rateLimit === null ? [] : windowsOf(rateLimit),
    retry: { ...defaults.retry, ...settings.retry },
    timeoutMs: settings.timeoutMs ?? defaults.timeoutMs,
    concurrency: settings.concurrency ?? defaults.concurrency,
    ordering,
    maxQueuedBytes,
  };
}

function windowsOf(rateLimit: RateLimit): readonly RateWindow[] {
  return 'requests' in rateLimit ? [rateLimit] : rateLimit;
}

function readEach<T extends { readonly etag: string }>(
  documents: ReadonlyMap<string, string>,
  previous: ReadonlyMap<string, T> | undefined,
  read: (id: string, text: string) => T,
  onUnreadable: (id: string, cause: unknown) => void,
): ReadonlyMap<string, T> {
  const entries = [...documents].flatMap(([id, text]): readonly (readonly [string, T])[] => {
    const known = previous?.get(id);
    if (known?.etag === etagOf(text)) return [[id, known]];
    try {
      return [[id, read(id, text)]];
    } catch (cause) {
      onUnreadable(id, cause);
      return known ? [[id, known]] : [];
    }
  });
  return new Map(entries);
}

function replaceIn<T>(entries: Map<string, T>, id: string, document: string | null, read: (text: string) => T): void {
  if (document === null) entries.delete(id);
  else entries.set(id, read(document));
}
