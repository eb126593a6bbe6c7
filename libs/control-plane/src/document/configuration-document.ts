import type { ConfigurationKind } from '../configuration.errors.js';
import type { Credentials } from '../credentials/credential-inputs.js';
import type { DestinationDraft } from '../destinations.service.js';
import type { PointedFault } from '../json-pointer.js';
import type { SourceDraft } from '../sources.service.js';

export interface DocumentEntry<T> {
  /** Unique within its list. */
  readonly id: string;
  /** Where it stands in the document, e.g. `/destinations/3`. */
  readonly pointer: string;
  readonly draft: T;
}

/** The whole configuration as somebody wants it: what is not in it is to be deleted. */
export interface ConfigurationDocument {
  readonly sources: readonly DocumentEntry<SourceDraft>[];
  readonly destinations: readonly DocumentEntry<DestinationDraft>[];
  /** What is wrong with it already. Such a document is checked further, but never written. */
  readonly faults: readonly PointedFault[];
}

export interface ConfiguredEntry {
  readonly kind: Exclude<ConfigurationKind, 'token'>;
  readonly id: string;
}

/** What applying a document does, by kind and id. */
export interface DocumentDifference {
  readonly created: readonly ConfiguredEntry[];
  /** With the members that differ. */
  readonly updated: readonly (ConfiguredEntry & { readonly members: readonly string[] })[];
  readonly deleted: readonly ConfiguredEntry[];
  readonly unchanged: readonly ConfiguredEntry[];
  /** Credentials that nobody gave and that are made here, in clear. */
  readonly generated: readonly (ConfiguredEntry & { readonly credentials: Credentials })[];
  /** Destinations that hold their events until the missing credentials are given. */
  readonly paused: readonly (ConfiguredEntry & { readonly missing: readonly string[] })[];
}
