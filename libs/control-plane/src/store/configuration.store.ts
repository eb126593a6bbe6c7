import { Injectable } from '@nestjs/common';
import { defineScript, RedisConnections, type Script, type ScriptArgument } from '#platform';
import { writeEntry, type AuditDraft } from '../audit/audit-entry.js';
import { AUDIT_FUNCTION, AUDIT_KEY, auditArguments } from '../audit/audit.scripts.js';
import { ConfigurationError, type ConfigurationKind } from '../configuration.errors.js';
import { DELETED_KEY } from './deleted-destinations.js';

/** The tag keeps all of it on one node of a cluster, so that one script can change several documents. */
const KEYS = {
  sources: 'gw:{cfg}:sources',
  destinations: 'gw:{cfg}:destinations',
  adminTokens: 'gw:{cfg}:tokens',
  revision: 'gw:{cfg}:rev',
  keyCheck: 'gw:{cfg}:keycheck',
} as const;

const START_WAIT_MS = 15_000;

/** Message: the new revision. */
const CHANNEL = 'gw:cfg';

/** Null deletes. */
export interface DocumentChange {
  readonly kind: ConfigurationKind;
  readonly id: string;
  readonly document: string | null;
  /** What was asked for, where it is more than to create, update or delete. */
  readonly act?: 'rotate' | 'pause' | 'resume' | 're-encrypt' | undefined;
}

export interface StoredDocuments {
  /** Rises with every write; 0: nothing was ever written. */
  readonly revision: number;
  /** By id, as they were written. */
  readonly sources: ReadonlyMap<string, string>;
  readonly destinations: ReadonlyMap<string, string>;
  readonly adminTokens: ReadonlyMap<string, string>;
}

// KEYS: rev, sources, destinations, tokens. ARGV: the revision the caller knows.
const READ = defineScript(
  'gwConfigRead',
  `local rev = tonumber(redis.call('GET', KEYS[1]) or '0')
   if rev == tonumber(ARGV[1]) then return { rev } end
   return { rev, redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]), redis.call('HGETALL', KEYS[4]) }`,
);

// KEYS: rev, audit, sources, destinations, tokens, deleted destinations. ARGV: expected revision, channel, number of changes, per change: kind, id,
// document ('' deletes), then as for `audit`. Returns the new revision, 0 where it is another than expected, or the id of
// a destination to be created of whose predecessor something is left.
const WRITE = defineScript(
  'gwConfigWrite',
  `${AUDIT_FUNCTION}
   if tonumber(redis.call('GET', KEYS[1]) or '0') ~= tonumber(ARGV[1]) then return 0 end
   local keyOf = { source = KEYS[3], destination = KEYS[4], token = KEYS[5] }
   local time = redis.call('TIME')
   local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
   local audited = 4 + 3 * tonumber(ARGV[3])
   for i = 4, audited - 1, 3 do
     local isNew = keyOf[ARGV[i]] == KEYS[4] and ARGV[i + 2] ~= '' and redis.call('HEXISTS', KEYS[4], ARGV[i + 1]) == 0
     if isNew and redis.call('ZSCORE', KEYS[6], ARGV[i + 1]) then return ARGV[i + 1] end
   end
   for i = 4, audited - 1, 3 do
     local key = keyOf[ARGV[i]]
     if ARGV[i + 2] == '' then
       redis.call('HDEL', key, ARGV[i + 1])
       if key == KEYS[4] then redis.call('ZADD', KEYS[6], now, ARGV[i + 1]) end
     else
       redis.call('HSET', key, ARGV[i + 1], ARGV[i + 2])
     end
   end
   audit(KEYS[2], audited)
   local rev = redis.call('INCR', KEYS[1])
   redis.call('PUBLISH', ARGV[2], tostring(rev))
   return rev`,
);

// KEYS: keycheck. ARGV: the record to leave behind ('' leaves none), the one that it replaces ('': there is none).
const KEY_CHECK = defineScript(
  'gwConfigKeyCheck',
  `local stored = redis.call('GET', KEYS[1])
   if ARGV[1] == '' or (stored or '') ~= ARGV[2] then return stored end
   redis.call('SET', KEYS[1], ARGV[1])
   return ARGV[1]`,
);

/** The configuration in Redis: one document per source, destination and admin token, and a revision that every write raises. */
@Injectable()
export class ConfigurationStore {
  constructor(private readonly redis: RedisConnections) {}

  /** Resolves once Redis takes commands; rejects if it does not within a time that a start may take. */
  ready(): Promise<void> {
    return this.redis.ready(START_WAIT_MS);
  }

  /** Undefined: nothing has changed since `knownRevision`. */
  async readIfChanged(knownRevision: number | undefined): Promise<StoredDocuments | undefined> {
    const keys = [KEYS.revision, KEYS.sources, KEYS.destinations, KEYS.adminTokens];
    const reply = await this.run(READ, keys, [knownRevision ?? -1]);
    if (!Array.isArray(reply)) throw new Error('unexpected reply of the configuration store');
    const [revision, sources, destinations, adminTokens] = reply as readonly unknown[];
    if (sources === undefined) return undefined;
    return {
      revision: Number(revision),
      sources: pairsOf(sources),
      destinations: pairsOf(destinations),
      adminTokens: pairsOf(adminTokens),
    };
  }

  /**
   * All of the changes and their entries or nothing, raising the revision by one. False: it is not `revision` any more.
   * Throws `being_discarded` where an id is to be used again too soon.
   */
  async write(changes: readonly DocumentChange[], revision: number, audited: readonly AuditDraft[]): Promise<boolean> {
    const parts = changes.flatMap(({ kind, id, document }) => [kind, id, document ?? '']);
    const values = [revision, CHANNEL, changes.length, ...parts, ...auditArguments(audited.map(writeEntry))];
    const keys = [KEYS.revision, AUDIT_KEY, KEYS.sources, KEYS.destinations, KEYS.adminTokens, DELETED_KEY];
    const reply = await this.run(WRITE, keys, values);
    if (typeof reply === 'string') throw new ConfigurationError({ kind: 'being_discarded', id: reply });
    return reply !== 0;
  }

  /** The record that tells whether an encryption key fits; null where there is none yet. */
  async keyCheck(): Promise<string | null> {
    return textOrNull(await this.run(KEY_CHECK, [KEYS.keyCheck], ['', '']));
  }

  /** Leaves the record behind in place of `before`, unless it was replaced meanwhile; returns the one that holds. */
  async leaveKeyCheck(record: string, before: string | null): Promise<string | null> {
    return textOrNull(await this.run(KEY_CHECK, [KEYS.keyCheck], [record, before ?? '']));
  }

  /** A message may be missed: look by yourself now and then. */
  subscribe(listener: () => void): Promise<() => Promise<void>> {
    return this.redis.subscribe(CHANNEL, listener);
  }

  private async run(script: Script, keys: readonly string[], values: readonly ScriptArgument[]): Promise<unknown> {
    try {
      return await script.run(this.redis.shared, keys, values);
    } catch (cause) {
      throw new ConfigurationError({ kind: 'store_unavailable' }, { cause });
    }
  }
}

function pairsOf(flat: unknown): ReadonlyMap<string, string> {
  const texts = Array.isArray(flat) ? flat.map(String) : [];
  return new Map(texts.flatMap((id, at) => (at % 2 === 0 ? [[id, texts[at + 1] ?? ''] as const] : [])));
}

function textOrNull(reply: unknown): string | null {
  return typeof reply === 'string' ? reply : null;
}
