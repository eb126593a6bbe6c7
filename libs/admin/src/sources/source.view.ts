import type { JsonObject } from '#canonical';
import type { RateLimit, SourceDraft, SourceRotation, StoredSource, Written } from '#control-plane';
import { readCredentials, showCredentials, type ShownCredentials } from '../http/credentials.js';
import { readDocument } from '../http/document.js';
import { asJson, assertSameId, patchedCredentials } from '../http/drafts.js';
import { mergePatch } from '../http/merge-patch.js';
import { SourceDto, type SourceRotationDto } from './source.dto.js';

export interface SourceView {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly enabled: boolean;
  readonly credentials: ShownCredentials;
  /** Absent: the vendor's documented limit. Null: none. */
  readonly rateLimit?: RateLimit | null;
  /** Until when rotated credentials still work; null: there are none. */
  readonly retiringUntil: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function viewSource(
  { settings, source }: StoredSource,
  generated: Written<unknown>['generated'] = {},
): SourceView {
  const { id, credentials, retiring, createdAt, updatedAt } = source;
  const { name, dialect, enabled, rateLimit } = settings;
  const until = Math.max(0, ...retiring.map((entry) => entry.until));
  return {
    id,
    name,
    dialect,
    enabled,
    credentials: showCredentials(credentials, generated),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    retiringUntil: until > Date.now() ? new Date(until).toISOString() : null,
    createdAt,
    updatedAt,
  };
}

/** `body` as POST and PUT take it. `id` is the one of the path; a different one in the body is refused. */
export function readSourceDraft(body: unknown, id?: string): { readonly id?: string; readonly draft: SourceDraft } {
  const document = readDocument(SourceDto, body);
  assertSameId(document.id, id);
  const { name, dialect, enabled, rateLimit, credentials } = document;
  const chosenId = id ?? document.id;
  return {
    ...(chosenId === undefined ? {} : { id: chosenId }),
    draft: {
      name,
      dialect,
      enabled: enabled ?? true,
      ...(rateLimit === undefined ? {} : { rateLimit }),
      credentials: readCredentials(credentials),
    },
  };
}

export function patchSourceDraft(stored: StoredSource, patch: JsonObject): SourceDraft {
  const { credentials, ...rest } = patch;
  const { id } = stored.source;
  const merged = mergePatch({ ...asJson(stored.settings) }, rest);
  return readSourceDraft(
    { ...asJson(merged), credentials: patchedCredentials(credentials, stored.source.credentials) },
    id,
  ).draft;
}

export function readRotation({ overlapSeconds, credentials }: SourceRotationDto): SourceRotation {
  const given = Object.entries(readCredentials(credentials)).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return { overlapSeconds: overlapSeconds ?? 0, credentials: Object.fromEntries(given) };
}
