import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Log, messageOf, Readiness } from '#platform';
import { AuditLog } from './audit/audit-log.js';
import { ownAuthor, type Author } from './audit/author.js';
import { changedEntries } from './audit/changed-entries.js';
import { CredentialResealing } from './credentials/credential-resealing.js';
import { EncryptionKeyCheck } from './credentials/encryption-key-check.js';
import { ConfigurationError } from './configuration.errors.js';
import { Configuration, type Destination, type Source } from './model.js';
import { ConfigurationStore, type DocumentChange } from './store/configuration.store.js';
import { RecognizedTokens } from './store/recognized-tokens.js';
import { EMPTY_SNAPSHOT, nameOf, type Snapshot } from './store/snapshot.js';
import { SnapshotReader } from './store/snapshot-reader.js';

/** How far behind the store a process may be when a message got lost. */
const POLL_MS = 500;

/** The configuration in memory, kept up to date by messages and by looking at the store's revision. */
@Injectable()
export class ConfigurationService extends Configuration implements OnModuleInit, OnModuleDestroy {
  private current: Snapshot = EMPTY_SNAPSHOT;
  private readonly recognized = new RecognizedTokens();
  private hasLoaded = false;
  private storeAnswers = true;
  private readonly listeners = new Set<() => void>();
  /** Reads and writes of this process take turns, so that a late reader never overwrites what a writer left. */
  private turn: Promise<unknown> = Promise.resolve();
  private refreshWaiting: Promise<Snapshot> | undefined;
  private poll: NodeJS.Timeout | undefined;
  private subscription: Promise<(() => Promise<void>) | undefined> | undefined;
  private readonly log: Log;

  constructor(
    private readonly store: ConfigurationStore,
    private readonly reader: SnapshotReader,
    private readonly keyCheck: EncryptionKeyCheck,
    private readonly resealing: CredentialResealing,
    private readonly audit: AuditLog,
    readiness: Readiness,
    log: Log,
  ) {
    super();
    this.log = log.child({ component: 'configuration' });
    readiness.register({ name: 'configuration', check: () => (this.hasLoaded ? [] : ['is not loaded yet']) });
  }

  /** Stops the start where the store does not answer, a document is unreadable or the encryption key does not fit. */
  async onModuleInit(): Promise<void> {
    await this.store.ready();
    await this.keyCheck.assertKeyFits();
    await this.inTurn(() => this.load('refuse'));
    if (this.resealing.isPossible) await this.reseal();
    await this.keyCheck.leaveRecord();
    this.subscription = this.store
      .subscribe(() => void this.follow())
      .catch((error: unknown) => {
        this.log.warn({ error }, 'changes of the configuration are found by looking only');
        return undefined;
      });
    this.schedulePoll();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.poll);
    this.poll = undefined;
    const subscription = this.subscription;
    this.subscription = undefined;
    // An unanswered subscription must not hold up the shutdown.
    void subscription?.then((unsubscribe) => unsubscribe?.());
    await this.turn.catch(() => undefined);
  }

  override get loaded(): boolean {
    return this.hasLoaded;
  }

  override get sources(): ReadonlyMap<string, Source> {
    return this.current.sources;
  }

  override get destinations(): ReadonlyMap<string, Destination> {
    return this.current.destinations;
  }

  override get unreadableDestinations(): ReadonlySet<string> {
    return this.current.unreadableDestinations;
  }

  get snapshot(): Snapshot {
    return this.current;
  }

  override source(dialect: string, token: string): { readonly source: Source; readonly grant: string } | undefined {
    const entry = this.recognized.find(this.current, dialect, token);
    if (!entry || (entry.until !== undefined && entry.until <= Date.now())) return undefined;
    return { source: entry.source, grant: entry.grant };
  }

  override onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What the store holds at this moment. Throws ConfigurationError where it does not answer. */
  override async refresh(): Promise<Snapshot> {
    // Whoever asks while a refresh waits for its turn shares it: it will read later than they asked.
    this.refreshWaiting ??= this.inTurn(async () => {
      this.refreshWaiting = undefined;
      return this.load('keep');
    });
    return this.refreshWaiting;
  }

  /**
   * Writes what `decide` makes of the latest snapshot, and together with it who changed what. Undefined: another process
   * wrote in between, nothing was written.
   */
  async write<T>(author: Author, decide: (snapshot: Snapshot) => Plan<T>): Promise<{ readonly result: T } | undefined> {
    return this.inTurn(async () => {
      const before = await this.load('keep');
      const { changes, result } = decide(before);
      if (changes.length === 0) return { result: result(before) };
      // What this process does not know of it would be lost: credentials, and what others have changed.
      const hidden = changes.find((change) => change.document !== null && before.unreadable.has(nameOf(change)));
      if (hidden) throw new ConfigurationError({ kind: 'unreadable', what: hidden.kind, id: hidden.id });
      const after = this.reader.apply(before, changes, before.revision + 1);
      const entries = changedEntries(author, changes, before, after);
      if (!(await this.store.write(changes, before.revision, entries))) return undefined;
      for (const entry of entries) this.audit.announce(entry);
      return { result: result(this.adopt(after)) };
    });
  }

  /** Several processes may do so at once; whoever comes second finds it done. */
  private async reseal(): Promise<void> {
    for (;;) {
      const documents = await this.store.readIfChanged(undefined);
      const changes = documents ? this.resealing.changesFor(documents) : [];
      if (changes.length === 0) break;
      await this.write(ownAuthor('gateway'), ({ revision }) => ({
        changes: revision === documents?.revision ? changes : [],
        result: () => undefined,
      }));
    }
    this.log.info({}, 'Every stored credential is sealed with ENCRYPTION_KEY');
  }

  private async load(unreadable: 'refuse' | 'keep'): Promise<Snapshot> {
    const documents = await this.store.readIfChanged(this.hasLoaded ? this.current.revision : undefined);
    if (!documents) return this.current;
    const previous = this.hasLoaded ? this.current : undefined;
    const snapshot = this.reader.read(documents, previous, (kind, id, cause) => {
      if (unreadable === 'refuse')
        throw new Error(`The stored ${kind} "${id}" cannot be read: ${messageOf(cause)}`, { cause });
      this.log.error(
        { kind, id, reason: messageOf(cause) },
        'a stored document cannot be read; its last good form holds',
      );
    });
    return this.adopt(snapshot);
  }

  private adopt(snapshot: Snapshot): Snapshot {
    this.current = snapshot;
    this.hasLoaded = true;
    for (const listener of this.listeners) {
      try {
        listener();
      } catch (error) {
        this.log.error({ error }, 'a listener to configuration changes failed');
      }
    }
    return snapshot;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work, work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private schedulePoll(): void {
    this.poll = setTimeout(() => {
      void this.follow().finally(() => {
        if (this.poll) this.schedulePoll();
      });
    }, POLL_MS);
    this.poll.unref();
  }

  private async follow(): Promise<void> {
    try {
      await this.refresh();
      if (!this.storeAnswers) this.log.info({}, 'the configuration store answers again');
      this.storeAnswers = true;
    } catch (error) {
      if (this.storeAnswers) this.log.warn({ reason: messageOf(error) }, 'the last known configuration holds');
      this.storeAnswers = false;
    }
  }
}

/** What to write, and what to answer once it is written. */
export interface Plan<T> {
  readonly changes: readonly DocumentChange[];
  readonly result: (written: Snapshot) => T;
}

/** The same plan, called by its name in the audit log. */
export function knownAs<T>(act: DocumentChange['act'], { changes, result }: Plan<T>): Plan<T> {
  return { changes: changes.map((change) => ({ ...change, act })), result };
}
