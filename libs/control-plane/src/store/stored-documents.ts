import { isJsonObject } from '#canonical';
import type { AdminRole } from '../access/admin-token.js';
import type { DestinationSettings, PauseReason, SourceSettings } from '../model.js';

/** Raised whenever the meaning of a member changes; readers keep reading the older ones. */
const FORMAT = 1;

type SealedCredentials = Readonly<Record<string, string>>;

interface Retiring {
  readonly credentials: SealedCredentials;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A source as it lies in the store: JSON, credentials sealed. */
export interface SourceDocument {
  readonly settings: SourceSettings;
  readonly credentials: SealedCredentials;
  readonly retiring: readonly Retiring[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface DestinationDocument {
  readonly settings: DestinationSettings;
  readonly credentials: SealedCredentials;
  readonly retiring?: Retiring;
  readonly paused: PauseReason | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface AdminTokenDocument {
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256 in base64. */
  readonly digest: string;
  readonly hint: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

export function writeDocument(document: SourceDocument | DestinationDocument | AdminTokenDocument): string {
  return JSON.stringify({ format: FORMAT, ...document });
}

/** Throws where the document is not one of ours, or of a later version. */
export function readSourceDocument(text: string): SourceDocument {
  return readDocument(text) as unknown as SourceDocument;
}

export function readDestinationDocument(text: string): DestinationDocument {
  return readDocument(text) as unknown as DestinationDocument;
}

export function readAdminTokenDocument(text: string): AdminTokenDocument {
  return readDocument(text) as unknown as AdminTokenDocument;
}

function readDocument(text: string): object {
  const document: unknown = JSON.parse(text);
  if (!isJsonObject(document) || typeof document.format !== 'number') throw new Error('it is not a document of ours');
  if (document.format > FORMAT) throw new Error(`its format ${document.format} is of a later version of the gateway`);
  return document;
}
