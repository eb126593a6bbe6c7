import type { JsonObject } from '#canonical';
import type {
  Destination,
  DestinationDraft,
  DestinationSettings,
  PauseReason,
  RateLimit,
  StoredDestination,
  Written,
} from '#control-plane';
import { readCredentials, showCredentials, type ShownCredentials } from '../http/credentials.js';
import { readDocument } from '../http/document.js';
import { asJson, assertSameId, patchedCredentials } from '../http/drafts.js';
import { mergePatch } from '../http/merge-patch.js';
import { DestinationDto } from './destination.dto.js';

type ShownSettings = Pick<
  Destination,
  | 'id'
  | 'name'
  | 'type'
  | 'config'
  | 'match'
  | 'transform'
  | 'batch'
  | 'retry'
  | 'timeoutMs'
  | 'concurrency'
  | 'ordering'
>;

export interface DestinationView extends ShownSettings {
  readonly credentials: ShownCredentials;
  /** Null: none. */
  readonly rateLimit: RateLimit | null;
  readonly maxQueuedBytes: number | null;
  readonly paused: boolean;
  readonly pauseReason: PauseReason | null;
  /** Until when a rotated secret still signs; null: there is none. */
  readonly retiringUntil: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Everything as it holds, defaults of the type included. */
export function viewDestination(
  { settings, destination }: StoredDestination,
  generated: Written<unknown>['generated'] = {},
): DestinationView {
  const { credentials, retiring, paused, createdAt, updatedAt, rateLimit, ...rest } = destination;
  const { id, name, type, config, match, transform, batch, retry, timeoutMs, concurrency, ordering, maxQueuedBytes } =
    rest;
  return {
    id,
    name,
    type,
    config,
    credentials: showCredentials(credentials, generated),
    match,
    transform,
    batch,
    rateLimit: settings.rateLimit ?? (rateLimit.length === 0 ? null : rateLimit),
    retry,
    timeoutMs,
    concurrency,
    ordering,
    maxQueuedBytes,
    paused: paused !== null,
    pauseReason: paused,
    retiringUntil: retiring && retiring.until > Date.now() ? new Date(retiring.until).toISOString() : null,
    createdAt,
    updatedAt,
  };
}

/** `body` as POST and PUT take it. `id` is the one of the path; a different one in the body is refused. */
export function readDestinationDraft(
  body: unknown,
  id?: string,
): { readonly id?: string; readonly draft: DestinationDraft } {
  const document = readDocument(DestinationDto, body);
  assertSameId(document.id, id);
  const { name, type, config = {}, rateLimit, maxQueuedBytes, paused, credentials } = document;
  const { match, transform, batch, retry, timeoutMs, concurrency, ordering } = document;
  const chosenId = id ?? document.id;
  return {
    ...(chosenId === undefined ? {} : { id: chosenId }),
    draft: {
      name,
      type,
      config,
      // A null means the default everywhere but here.
      ...(rateLimit === undefined ? {} : { rateLimit }),
      ...given({ match: match && given(match), transform: transform && given(transform) }),
      ...given({ batch: batch && given(batch), retry: retry && given(retry) }),
      ...given({ timeoutMs, concurrency, ordering, maxQueuedBytes, paused }),
      credentials: readCredentials(credentials),
    },
  };
}

/** The patch applies to what an answer shows; what it does not touch keeps following the type's defaults. */
export function patchDestinationDraft(stored: StoredDestination, patch: JsonObject): DestinationDraft {
  const { credentials, ...rest } = patch;
  const { settings, destination } = stored;
  const shown = settingsOf(viewDestination(stored));
  const merged = asJson(mergePatch(asJson(shown), rest));
  const untouched = Object.keys(shown).filter((name) => !Object.hasOwn(rest, name));
  const kept = Object.entries(asJson(settings)).filter(([name]) => untouched.includes(name));
  const changed = Object.entries(merged).filter(([name]) => !untouched.includes(name));
  const body = {
    ...Object.fromEntries([...kept, ...changed]),
    credentials: patchedCredentials(credentials, destination.credentials),
  };
  return readDestinationDraft(body, destination.id).draft;
}

function settingsOf(view: DestinationView): DestinationSettings {
  const { name, type, config, match, transform, batch, rateLimit, retry } = view;
  const { timeoutMs, concurrency, ordering, maxQueuedBytes } = view;
  return {
    name,
    type,
    config,
    match,
    transform,
    batch,
    rateLimit,
    retry,
    timeoutMs,
    concurrency,
    ordering,
    maxQueuedBytes,
  };
}

/** Without the members that are absent or null. */
function given<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
