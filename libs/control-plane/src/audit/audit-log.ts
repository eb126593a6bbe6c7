import { Injectable } from '@nestjs/common';
import { Log, RedisConnections } from '#platform';
import { ConfigurationError, invalid } from '../configuration.errors.js';
import type { Page } from '../ports/delivery-operations.js';
import { readEntry, writeEntry, entryId, type AuditDraft, type AuditedAct, type AuditEntry } from './audit-entry.js';
import { APPEND_AUDIT, AUDIT_KEY, auditArguments, oldestKept, REPLACE_AUDIT } from './audit.scripts.js';
import type { Author } from './author.js';

export interface AuditQuery {
  /** Id or name. */
  readonly actor?: string;
  readonly action?: string;
  readonly target?: { readonly kind: string; readonly id?: string };
  /** Milliseconds since 1970, both inclusive. */
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Entries are read in portions of so many. */
const PORTION = 500;
/** Entries bear the times of the processes that wrote them, whose clocks may differ by so much. */
const MAX_CLOCK_SKEW_MS = 60_000;

/**
 * Who changed what, when and from where; kept by bytes and age. Changes of the configuration are written together with
 * their entry by `ConfigurationService`. For every other change that an admin makes, use `around`, the one method that is
 * needed: `await audit.around(author, { action: 'create', target: { kind: 'erasure', id } }, () => work())`.
 */
@Injectable()
export class AuditLog {
  private readonly log: Log;

  constructor(
    private readonly redis: RedisConnections,
    log: Log,
  ) {
    this.log = log.child({ component: 'audit' });
  }

  /**
   * Notes that the author is about to act, does the work, and notes how it ended; rejects as the work does. Where the
   * entry cannot be written, nothing is done: throws ConfigurationError `store_unavailable`. `idOf` tells the target's id
   * where the work makes it. Never put a value, a credential or anything about a person into the act.
   */
  async around<T>(
    author: Author,
    act: AuditedAct,
    work: () => Promise<T>,
    idOf: (result: T) => string | null = () => act.target.id,
  ): Promise<T> {
    const draft: AuditDraft = { author, act, at: Date.now(), outcome: 'under_way' };
    const number = await this.append(draft);
    try {
      const result = await work();
      const target = { ...act.target, id: idOf(result) };
      await this.conclude(number, { ...draft, act: { ...act, target }, outcome: 'done' });
      return result;
    } catch (error) {
      await this.conclude(number, { ...draft, outcome: 'failed' });
      throw error;
    }
  }

  /** On the process's log as well, for whoever collects those. */
  announce({ author, act, outcome }: AuditDraft, number?: number): void {
    const entry = number === undefined ? {} : { entry: entryId(number) };
    this.log.info({ ...entry, actor: author.id, ...author.origin, ...act, outcome }, 'Changed by an admin');
  }

  /** Newest first; `next` is null on the last page. */
  async list(query: AuditQuery): Promise<Page<AuditEntry>> {
    const [first, last] = await this.bounds();
    const found: (readonly [number, AuditEntry])[] = [];
    const since = Math.max(query.since ?? 0, oldestKept());
    let number = Math.min(last, numberBefore(query.after));
    while (number >= first) {
      const numbers = Array.from({ length: Math.min(PORTION, number - first + 1) }, (_, back) => number - back);
      const texts = await this.read(numbers);
      for (const [at, text] of texts.entries()) {
        const entry = text === null ? undefined : readEntry(number - at, text);
        if (!entry) continue;
        if (Date.parse(entry.at) < since - MAX_CLOCK_SKEW_MS) return pageOf(found, query.limit);
        if (matches(entry, { ...query, since })) found.push([number - at, entry]);
        if (found.length > query.limit) return pageOf(found, query.limit);
      }
      number -= numbers.length;
    }
    return pageOf(found, query.limit);
  }

  private async append(draft: AuditDraft): Promise<number> {
    const values = auditArguments([writeEntry(draft)]);
    return Number(await reached(() => APPEND_AUDIT.run(this.redis.shared, [AUDIT_KEY], values)));
  }

  private async conclude(number: number, draft: AuditDraft): Promise<void> {
    this.announce(draft, number);
    try {
      await REPLACE_AUDIT.run(this.redis.shared, [AUDIT_KEY], [number, writeEntry(draft)]);
    } catch (error) {
      // It was done nevertheless; the entry goes on saying that the end is not known.
      this.log.warn({ entry: entryId(number), outcome: draft.outcome, error }, 'an outcome could not be noted');
    }
  }

  private async bounds(): Promise<readonly [first: number, last: number]> {
    const [first, last] = await reached(() => this.redis.shared.hmget(AUDIT_KEY, 'first', 'last'));
    return [Number(first ?? 1), Number(last ?? 0)];
  }

  private read(numbers: readonly number[]): Promise<readonly (string | null)[]> {
    return reached(() => this.redis.shared.hmget(AUDIT_KEY, ...numbers.map(String)));
  }
}

async function reached<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (cause) {
    throw new ConfigurationError({ kind: 'store_unavailable' }, { cause });
  }
}

function matches({ actor, action, target, at }: AuditEntry, query: AuditQuery): boolean {
  const time = Date.parse(at);
  if (query.actor !== undefined && query.actor !== actor.id && query.actor !== actor.name) return false;
  if (query.action !== undefined && query.action !== action) return false;
  if (query.target && query.target.kind !== target.kind) return false;
  if (query.target?.id !== undefined && query.target.id !== target.id) return false;
  return time >= (query.since ?? 0) && time <= (query.until ?? Infinity);
}

function pageOf(found: readonly (readonly [number, AuditEntry])[], limit: number): Page<AuditEntry> {
  const shown = found.slice(0, limit);
  return { items: shown.map(([, entry]) => entry), next: found.length > limit ? String(shown.at(-1)?.[0]) : null };
}

function numberBefore(cursor: string | undefined): number {
  if (cursor === undefined) return Infinity;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor) - 1;
  throw invalid([{ pointer: '/cursor', message: 'must be the nextCursor of an earlier answer' }]);
}
