import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { isJsonObject } from '#canonical';
import type { Connector } from '#destinations';
import type { Author } from './audit/author.js';
import { ConfigurationError, invalid } from './configuration.errors.js';
import { ConfigurationService, knownAs, type Plan } from './configuration.service.js';
import { ConfigurationWriter } from './configuration-writer.js';
import { CredentialCipher } from './credentials/credential-cipher.js';
import {
  claimedCredentials,
  resolveCredentials,
  type CredentialInputs,
  type Credentials,
} from './credentials/credential-inputs.js';
import {
  assertMatches,
  assertNew,
  chooseId,
  found,
  sameContent,
  type WriteCondition,
  type Written,
} from './entries.js';
import { pointerTo } from './json-pointer.js';
import type { Destination, DestinationSettings, PauseReason } from './model.js';
import { DestinationCheck } from './rules/destination-check.js';
import { resolveSettings } from './store/snapshot-reader.js';
import type { Snapshot, StoredDestination } from './store/snapshot.js';
import { writeDocument } from './store/stored-documents.js';

export interface DestinationDraft extends DestinationSettings {
  readonly credentials?: CredentialInputs;
  /** Absent: as it is. */
  readonly paused?: boolean;
}

/** What to do where a credential lacks that nobody can generate. */
export type MissingCredentials = 'refuse' | 'pause';

type Secrets = Pick<Destination, 'credentials' | 'retiring'> & { readonly generated: Credentials };

/** Who gets what: the destinations as admins see and change them. Every method throws ConfigurationError. */
@Injectable()
export class DestinationsService {
  constructor(
    private readonly configuration: ConfigurationService,
    private readonly writer: ConfigurationWriter,
    private readonly cipher: CredentialCipher,
    private readonly check: DestinationCheck,
  ) {}

  /** Ordered by id. */
  async list(): Promise<readonly StoredDestination[]> {
    const { storedDestinations } = await this.configuration.refresh();
    return [...storedDestinations.values()].sort((a, b) => (a.destination.id < b.destination.id ? -1 : 1));
  }

  async find(id: string): Promise<StoredDestination | undefined> {
    const { storedDestinations } = await this.configuration.refresh();
    return storedDestinations.get(id);
  }

  async get(id: string): Promise<StoredDestination> {
    return found(await this.find(id), 'destination', id);
  }

  /** What a merge patch of the configuration removes without naming it: secrets that were given among the settings. */
  takenBack({ destination: { type, credentials } }: StoredDestination, configPatch: unknown): CredentialInputs {
    const { secretsTakenBack } = this.check.connector(type);
    if (!secretsTakenBack || !isJsonObject(configPatch)) return {};
    return Object.fromEntries(secretsTakenBack(configPatch, credentials).map((name) => [name, null]));
  }

  create(author: Author, draft: DestinationDraft, id?: string): Promise<Written<StoredDestination>> {
    return this.writer.change(author, (snapshot) => {
      const chosen = chooseId(id, draft.name, snapshot.storedDestinations);
      assertNew(snapshot.storedDestinations, 'destination', chosen);
      return this.planPut(snapshot, chosen, draft, 'refuse');
    });
  }

  /** Creates or replaces; credentials and the pause that the draft does not name stay as they are. */
  put(
    author: Author,
    id: string,
    draft: DestinationDraft,
    condition: WriteCondition = {},
  ): Promise<Written<StoredDestination>> {
    return this.writer.change(author, (snapshot) => {
      assertMatches(snapshot.storedDestinations.get(id), condition, 'destination', id);
      return this.planPut(snapshot, id, draft, 'refuse');
    });
  }

  /**
   * The destination as a put would make it, and nothing is written. Credentials that are still to be given read
   * `not-given`.
   */
  async rehearse(draft: DestinationDraft, id = 'draft'): Promise<Destination> {
    const { inputs, settings, connector } = this.read(draft);
    const before = (await this.find(id))?.destination;
    const kept = before?.type === settings.type ? before.credentials : {};
    const generate = (): Credentials => connector.generateCredentials?.(randomBytes) ?? {};
    const { credentials } = resolveCredentials(inputs, kept, generate);
    const missing = this.check.assess(settings, credentials).flatMap((fault) => fault.missing ?? []);
    const now = new Date().toISOString();
    return {
      id,
      ...resolveSettings(settings, connector.defaults),
      credentials: { ...Object.fromEntries(missing.map((name) => [name, 'not-given'])), ...credentials },
      paused: null,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
  }

  remove(author: Author, id: string, condition: WriteCondition = {}): Promise<void> {
    return this.writer.change(author, ({ storedDestinations }) => {
      assertMatches(found(storedDestinations.get(id), 'destination', id), condition, 'destination', id);
      return { changes: [{ kind: 'destination', id, document: null }], result: () => undefined };
    });
  }

  /** Events are held, never dropped. */
  pause(author: Author, id: string): Promise<Written<StoredDestination>> {
    return this.setPaused(author, id, () => 'admin');
  }

  resume(author: Author, id: string): Promise<Written<StoredDestination>> {
    return this.setPaused(author, id, (destination) => {
      this.assertComplete(destination);
      return null;
    });
  }

  /** Throws `credentials_missing` where nothing can be sent yet. */
  assertComplete({ id, type, credentials }: Destination): void {
    const missing = this.check.missingCredentials(type, credentials).flatMap((fault) => fault.missing ?? []);
    if (missing.length > 0) throw new ConfigurationError({ kind: 'credentials_missing', id, missing });
  }

  /** Makes the generated credentials anew; for `overlapSeconds` both the old and the new ones sign. */
  rotate(
    author: Author,
    id: string,
    overlapSeconds: number,
    condition: WriteCondition = {},
  ): Promise<Written<StoredDestination>> {
    return this.writer.change(author, ({ storedDestinations }) => {
      const stored = found(storedDestinations.get(id), 'destination', id);
      assertMatches(stored, condition, 'destination', id);
      const { destination, settings } = stored;
      const generated = this.check.connector(settings.type).generateCredentials?.(randomBytes);
      if (!generated) throw new ConfigurationError({ kind: 'not_rotatable', type: settings.type });
      const old = Object.entries(destination.credentials).filter(([name]) => Object.hasOwn(generated, name));
      const retiring = { credentials: Object.fromEntries(old), until: Date.now() + overlapSeconds * 1_000 };
      const credentials = { ...destination.credentials, ...generated };
      const secrets = { credentials, generated, ...(overlapSeconds > 0 && old.length > 0 ? { retiring } : {}) };
      return knownAs('rotate', this.planWrite(id, settings, secrets, destination.paused, destination));
    });
  }

  /** What a put would write; for changes of several documents at once. */
  planPut(
    snapshot: Snapshot,
    id: string,
    draft: DestinationDraft,
    missingCredentials: MissingCredentials,
  ): Plan<Written<StoredDestination>> {
    const { inputs, settings, connector } = this.read(draft);
    const before = snapshot.storedDestinations.get(id);
    // Credentials of another type mean nothing in this one.
    const kept = before?.settings.type === settings.type ? before.destination : undefined;
    const { credentials, generated } = resolveCredentials(
      inputs,
      kept?.credentials ?? {},
      () => connector.generateCredentials?.(randomBytes) ?? {},
    );
    const missing = this.check.assess(settings, credentials);
    const waits = kept?.paused === 'credentials_missing';
    if (missing.length > 0 && missingCredentials === 'refuse' && !waits) throw invalid(missing);
    // What the type can do without is missed too where it was there. An admin who resumed has decided otherwise.
    const notStored = claimedCredentials(inputs, credentials);
    if (missingCredentials === 'refuse') refuseClaims(notStored);
    const claimed = !kept || waits ? notStored : [];
    const hasNewCredentials = !kept || !sameContent(kept.credentials, credentials);
    const paused =
      missing.length + claimed.length > 0
        ? 'credentials_missing'
        : pauseAfter(before?.destination.paused ?? null, draft.paused, hasNewCredentials);
    const retiring = kept?.retiring && kept.retiring.until > Date.now() ? { retiring: kept.retiring } : {};
    if (before && sameContent(contentOf(before), [settings, credentials, paused])) {
      return { changes: [], result: () => ({ stored: before, generated: {}, created: false }) };
    }
    return this.planWrite(id, settings, { credentials, generated, ...retiring }, paused, before?.destination);
  }

  /** A secret that was given among the settings is a credential from here on. */
  private read({ credentials = {}, paused: _, ...settings }: DestinationDraft): {
    readonly inputs: CredentialInputs;
    readonly settings: DestinationSettings;
    readonly connector: Connector;
  } {
    const connector = this.check.connector(settings.type);
    const lifted = connector.liftSecrets?.(settings.config);
    if (!lifted) return { inputs: credentials, settings, connector };
    return {
      inputs: { ...credentials, ...lifted.credentials },
      settings: { ...settings, config: lifted.config },
      connector,
    };
  }

  private setPaused(
    author: Author,
    id: string,
    decide: (destination: Destination) => PauseReason | null,
  ): Promise<Written<StoredDestination>> {
    return this.writer.change(author, ({ storedDestinations }) => {
      const stored = found(storedDestinations.get(id), 'destination', id);
      const { settings, destination } = stored;
      const paused = decide(destination);
      if (paused === destination.paused) {
        return { changes: [], result: () => ({ stored, generated: {}, created: false }) };
      }
      const plan = this.planWrite(id, settings, { ...destination, generated: {} }, paused, destination);
      return knownAs(paused === null ? 'resume' : 'pause', plan);
    });
  }

  private planWrite(
    id: string,
    settings: DestinationSettings,
    { credentials, generated, retiring }: Secrets,
    paused: PauseReason | null,
    before: Destination | undefined,
  ): Plan<Written<StoredDestination>> {
    const now = new Date().toISOString();
    const document = writeDocument({
      settings,
      credentials: this.cipher.sealAll(credentials, 'destination', id),
      ...(retiring && {
        retiring: {
          credentials: this.cipher.sealAll(retiring.credentials, 'destination', id),
          until: retiring.until,
        },
      }),
      paused,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    });
    return {
      changes: [{ kind: 'destination', id, document }],
      result: ({ storedDestinations }) => ({
        stored: found(storedDestinations.get(id), 'destination', id),
        generated,
        created: before === undefined,
      }),
    };
  }
}

function contentOf({ settings, destination }: StoredDestination): readonly unknown[] {
  return [settings, destination.credentials, destination.paused];
}

function refuseClaims(names: readonly string[]): void {
  if (names.length === 0) return;
  const message = 'is not stored: give its value, or leave it out';
  throw invalid(names.map((name) => ({ pointer: pointerTo('/credentials', name), message })));
}

/** New credentials, complete as they are, end the pause that only waited for them. */
function pauseAfter(
  before: PauseReason | null,
  wanted: boolean | undefined,
  hasNewCredentials: boolean,
): PauseReason | null {
  if (wanted !== undefined) return wanted ? 'admin' : null;
  return before === 'credentials_missing' && hasNewCredentials ? null : before;
}
