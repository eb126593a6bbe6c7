import { createHash, hash } from 'node:crypto';
import type { ConfigurationKind } from '../configuration.errors.js';
import type { AdminToken } from '../access/admin-token.js';
import type { Destination, DestinationSettings, Source, SourceSettings } from '../model.js';

/** A source with what its admin said and the tag of its stored form. */
export interface StoredSource {
  readonly settings: SourceSettings;
  readonly source: Source;
  readonly etag: string;
}

export interface StoredDestination {
  readonly settings: DestinationSettings;
  readonly destination: Destination;
  readonly etag: string;
}

export interface StoredAdminToken {
  readonly token: AdminToken;
  readonly digest: string;
  readonly etag: string;
}

export interface TokenEntry {
  readonly source: Source;
  readonly grant: string;
  /** Milliseconds since 1970; absent: for good. */
  readonly until?: number;
}

/** The whole configuration at one revision. Never changes. */
export interface Snapshot {
  readonly revision: number;
  readonly storedSources: ReadonlyMap<string, StoredSource>;
  readonly storedDestinations: ReadonlyMap<string, StoredDestination>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly destinations: ReadonlyMap<string, Destination>;
  /** Names of stored documents that this process cannot read: left out, or still as they were before. */
  readonly unreadable: ReadonlySet<string>;
  /** Ids of destinations that are left out for that. They are not deleted. */
  readonly unreadableDestinations: ReadonlySet<string>;
  readonly storedAdminTokens: ReadonlyMap<string, StoredAdminToken>;
  readonly adminTokensByDigest: ReadonlyMap<string, AdminToken>;
  /** By digest of dialect and token. */
  readonly tokens: ReadonlyMap<string, TokenEntry>;
}

export interface TokenFinder {
  (
    dialect: string,
    credentials: Readonly<Record<string, string>>,
  ): readonly {
    readonly token: string;
    readonly grant: string;
  }[];
}

/** Tokens are looked up by digest, so that the time of a lookup tells nothing about a token. */
export function tokenDigest(dialect: string, token: string): string {
  return hash('sha256', `${dialect}\0${token}`, 'base64');
}

export function etagOf(document: string): string {
  return createHash('sha256').update(document).digest('base64url').slice(0, 20);
}

/** Of a stored document. */
export function nameOf({ kind, id }: { readonly kind: ConfigurationKind; readonly id: string }): string {
  return `${kind}/${id}`;
}

const DESTINATION = nameOf({ kind: 'destination', id: '' });

export function buildSnapshot(
  revision: number,
  storedSources: ReadonlyMap<string, StoredSource>,
  storedDestinations: ReadonlyMap<string, StoredDestination>,
  storedAdminTokens: ReadonlyMap<string, StoredAdminToken>,
  tokensOf: TokenFinder,
  unreadable: ReadonlySet<string> = new Set(),
): Snapshot {
  return {
    revision,
    storedSources,
    storedDestinations,
    sources: new Map([...storedSources].map(([id, { source }]) => [id, source])),
    destinations: new Map([...storedDestinations].map(([id, { destination }]) => [id, destination])),
    unreadable,
    unreadableDestinations: new Set(
      [...unreadable].flatMap((name) => {
        const id = name.startsWith(DESTINATION) ? name.slice(DESTINATION.length) : undefined;
        return id === undefined || storedDestinations.has(id) ? [] : [id];
      }),
    ),
    storedAdminTokens,
    adminTokensByDigest: new Map([...storedAdminTokens.values()].map(({ digest, token }) => [digest, token])),
    tokens: tokenMap(
      [...storedSources.values()].map(({ source }) => source),
      tokensOf,
    ),
  };
}

export const EMPTY_SNAPSHOT = buildSnapshot(0, new Map(), new Map(), new Map(), () => []);

/** Current credentials come last: where a retiring one reads the same, the current one holds. */
function tokenMap(sources: readonly Source[], tokensOf: TokenFinder): ReadonlyMap<string, TokenEntry> {
  const retiring = sources.flatMap((source) =>
    source.retiring.flatMap(({ credentials, until }) => entriesOf(source, credentials, tokensOf, until)),
  );
  return new Map([...retiring, ...sources.flatMap((source) => entriesOf(source, source.credentials, tokensOf))]);
}

function entriesOf(
  source: Source,
  credentials: Readonly<Record<string, string>>,
  tokensOf: TokenFinder,
  until?: number,
): readonly (readonly [string, TokenEntry])[] {
  const limit = until === undefined ? {} : { until };
  return tokensOf(source.dialect, credentials).map(
    ({ token, grant }) => [tokenDigest(source.dialect, token), { source, grant, ...limit }] as const,
  );
}
