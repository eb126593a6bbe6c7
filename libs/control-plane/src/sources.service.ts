import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { Author } from './audit/author.js';
import { invalid } from './configuration.errors.js';
import { ConfigurationService, knownAs, type Plan } from './configuration.service.js';
import { ConfigurationWriter } from './configuration-writer.js';
import { CredentialCipher } from './credentials/credential-cipher.js';
import {
  resolveCredentials,
  rotatedMembers,
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
import type { Source, SourceSettings } from './model.js';
import { DialectCatalogue } from './ports/dialect-catalogue.js';
import { SourceCheck } from './rules/source-check.js';
import type { Snapshot, StoredSource } from './store/snapshot.js';
import { writeDocument } from './store/stored-documents.js';

export interface SourceDraft extends SourceSettings {
  readonly credentials?: CredentialInputs;
}

export interface SourceRotation {
  /** 0: only the new credentials work from now on. */
  readonly overlapSeconds: number;
  /** New credentials to take over; what is absent is generated. */
  readonly credentials?: Credentials;
}

/** Who may send: the sources as admins see and change them. Every method throws ConfigurationError. */
@Injectable()
export class SourcesService {
  constructor(
    private readonly configuration: ConfigurationService,
    private readonly writer: ConfigurationWriter,
    private readonly cipher: CredentialCipher,
    private readonly dialects: DialectCatalogue,
    private readonly check: SourceCheck,
  ) {}

  /** Ordered by id. */
  async list(): Promise<readonly StoredSource[]> {
    const { storedSources } = await this.configuration.refresh();
    return [...storedSources.values()].sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
  }

  async get(id: string): Promise<StoredSource> {
    const { storedSources } = await this.configuration.refresh();
    return found(storedSources.get(id), 'source', id);
  }

  create(author: Author, draft: SourceDraft, id?: string): Promise<Written<StoredSource>> {
    return this.writer.change(author, (snapshot) => {
      const chosen = chooseId(id, draft.name, snapshot.storedSources);
      assertNew(snapshot.storedSources, 'source', chosen);
      return this.planPut(snapshot, chosen, draft);
    });
  }

  /** Creates or replaces; credentials that the draft does not name stay as they are. */
  put(author: Author, id: string, draft: SourceDraft, condition: WriteCondition = {}): Promise<Written<StoredSource>> {
    return this.writer.change(author, (snapshot) => {
      assertMatches(snapshot.storedSources.get(id), condition, 'source', id);
      return this.planPut(snapshot, id, draft);
    });
  }

  remove(author: Author, id: string, condition: WriteCondition = {}): Promise<void> {
    return this.writer.change(author, ({ storedSources }) => {
      assertMatches(found(storedSources.get(id), 'source', id), condition, 'source', id);
      return { changes: [{ kind: 'source', id, document: null }], result: () => undefined };
    });
  }

  /** New credentials at once; the old ones stay good for `overlapSeconds`. 0 ends all that retire, too. */
  rotate(
    author: Author,
    id: string,
    rotation: SourceRotation,
    condition: WriteCondition = {},
  ): Promise<Written<StoredSource>> {
    return this.writer.change(author, (snapshot) => {
      const stored = found(snapshot.storedSources.get(id), 'source', id);
      assertMatches(stored, condition, 'source', id);
      return knownAs('rotate', this.planRotation(snapshot, stored, rotation));
    });
  }

  /** What a put would write; for changes of several documents at once. */
  planPut(snapshot: Snapshot, id: string, draft: SourceDraft): Plan<Written<StoredSource>> {
    const { credentials: inputs = {}, ...settings } = draft;
    this.check.assertDialect(settings.dialect);
    const before = snapshot.storedSources.get(id);
    // Credentials of another dialect mean nothing in this one.
    const kept = before?.settings.dialect === settings.dialect ? before.source : undefined;
    const { credentials, generated } = resolveCredentials(inputs, kept?.credentials ?? {}, (given) =>
      this.dialects.generate(settings.dialect, given, randomBytes),
    );
    const retiring = stillRetiring(kept);
    this.check.assertCredentials(snapshot, id, settings.dialect, credentials, kept?.credentials);
    if (before && sameContent([before.settings, before.source.credentials], [settings, credentials])) {
      return { changes: [], result: () => ({ stored: before, generated: {}, created: false }) };
    }
    return this.planWrite(id, settings, { credentials, generated, retiring }, before?.source);
  }

  private planRotation(
    snapshot: Snapshot,
    { settings, source }: StoredSource,
    rotation: SourceRotation,
  ): Plan<Written<StoredSource>> {
    const { dialect } = settings;
    const rotates = rotatedMembers(this.dialects.credentialsSchema(dialect));
    const lasting = Object.entries(source.credentials).filter(([name]) => !rotates(name));
    const given = { ...Object.fromEntries(lasting), ...rotation.credentials };
    const fresh = resolveCredentials(given, {}, (known) => this.dialects.generate(dialect, known, randomBytes));
    // What the vendor's style does not generate stays.
    const credentials = { ...source.credentials, ...fresh.credentials };
    if (sameContent(credentials, source.credentials)) {
      throw invalid([{ pointer: '/credentials', message: 'must differ from the present credentials' }]);
    }
    const until = Date.now() + rotation.overlapSeconds * 1_000;
    // Who allows no overlap wants nothing but the new ones to work: a key that leaked may be one that retires already.
    const retiring =
      rotation.overlapSeconds > 0 ? [...stillRetiring(source), { credentials: source.credentials, until }] : [];
    this.check.assertCredentials(snapshot, source.id, dialect, credentials, source.credentials);
    return this.planWrite(source.id, settings, { credentials, generated: fresh.generated, retiring }, source);
  }

  private planWrite(
    id: string,
    settings: SourceSettings,
    secrets: {
      readonly credentials: Credentials;
      readonly generated: Credentials;
      readonly retiring: Source['retiring'];
    },
    before: Source | undefined,
  ): Plan<Written<StoredSource>> {
    const now = new Date().toISOString();
    const document = writeDocument({
      settings,
      credentials: this.cipher.sealAll(secrets.credentials, 'source', id),
      retiring: secrets.retiring.map(({ credentials, until }) => ({
        credentials: this.cipher.sealAll(credentials, 'source', id),
        until,
      })),
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    });
    return {
      changes: [{ kind: 'source', id, document }],
      result: ({ storedSources }) => ({
        stored: found(storedSources.get(id), 'source', id),
        generated: secrets.generated,
        created: before === undefined,
      }),
    };
  }
}

function stillRetiring(source: Source | undefined): Source['retiring'] {
  const now = Date.now();
  return source?.retiring.filter(({ until }) => until > now) ?? [];
}
