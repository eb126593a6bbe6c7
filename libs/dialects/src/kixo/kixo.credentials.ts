import { isJsonObject } from '#canonical';
import type { Json, JsonObject } from '#canonical';
import type { Claim, CredentialsSpec } from '../dialect.js';
import { MAX_DEPTH } from '../json/depth.js';
import { NO_OBJECT } from './kixo.errors.js';

const PROJECT_ID = 'project_id';
const API_KEY = 'api_key';
const REDACTED = '[redacted]';
/** Shorter keys would be found by chance in other texts. */
const MIN_SEARCHED_KEY_CHARS = 8;
/** Texts that JSON can only spell otherwise by `\u00XX`. */
const PLAIN_TEXT = /^[\w.~-]+$/;
const ESCAPED_ASCII = /\\u00[2-7]/;

const plain = { type: 'string', minLength: 1, pattern: '^\\S+$' } as const;

export const credentials: CredentialsSpec = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      projectId: { ...plain, description: 'project_id of the body.' },
      apiKey: {
        ...plain,
        writeOnly: true,
        description: 'api_key of the body; counts only together with its project_id.',
      },
    },
  },
  generate: ({ projectId, apiKey }, random) => ({
    projectId: projectId ?? `kx_proj_${random(10).toString('hex')}`,
    apiKey: apiKey ?? `kx_key_${random(20).toString('hex')}`,
  }),
  tokens: ({ projectId, apiKey }) =>
    projectId === undefined || apiKey === undefined ? [] : [{ token: joined(projectId, apiKey), grant: 'write' }],
};

/** Neither half contains a line break, so no other pair gives the same text. */
function joined(projectId: string, apiKey: string): string {
  return `${projectId}\n${apiKey}`;
}

export function claimFromBody(body: unknown): Claim {
  if (!isJsonObject(body)) return { missing: NO_OBJECT };
  const { project_id: projectId, api_key: apiKey } = body;
  if (typeof projectId !== 'string' || projectId === '') return { missing: PROJECT_ID };
  if (typeof apiKey !== 'string' || apiKey === '') return { missing: API_KEY };
  return { token: joined(projectId, apiKey) };
}

/**
 * The body without its `api_key`; the `project_id` is no secret and stays. Usually the key is cut out of the bytes, which
 * costs a few searches; where a spelling leaves doubt (escapes, repeated names, the key in another text), the body is
 * written anew without it.
 */
export function scrub(bytes: Buffer, body: unknown): Buffer {
  if (!isJsonObject(body)) return bytes;
  return cutKey(bytes, body[API_KEY]) ?? Buffer.from(JSON.stringify(rewritten(body)));
}

/** The bytes with an empty key, or undefined if that might miss a spelling of it. */
function cutKey(bytes: Buffer, key: unknown): Buffer | undefined {
  const escape = bytes.indexOf('\\u00');
  if (escape >= 0 && ESCAPED_ASCII.test(bytes.toString('latin1', escape))) return undefined;
  const nameAt = bytes.indexOf(`"${API_KEY}"`);
  if (nameAt < 0 && key === undefined) return bytes;
  if (nameAt < 0 || bytes.indexOf(`"${API_KEY}"`, nameAt + 1) >= 0) return undefined;
  if (typeof key !== 'string' || !PLAIN_TEXT.test(key)) return undefined;
  const start = valueStart(bytes, nameAt + API_KEY.length + 2);
  const end = start + key.length;
  if (bytes.toString('latin1', start - 1, end + 1) !== `"${key}"`) return undefined;
  const isElsewhere = bytes.indexOf(key) !== start || bytes.indexOf(key, end) >= 0;
  if (key.length >= MIN_SEARCHED_KEY_CHARS && isElsewhere) return undefined;
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

/** Where the text after the name, the colon and blanks begins. */
function valueStart(bytes: Buffer, afterName: number): number {
  let at = afterName;
  while (' \t\r\n:'.includes(String.fromCharCode(bytes[at] ?? 0))) at++;
  return at + 1;
}

function rewritten(body: JsonObject): Json {
  const entries = Object.entries(body).filter(([name]) => name !== API_KEY);
  // The body's own braces and those of its list come before an item's first level.
  return redact(Object.fromEntries(entries), searchedKey(body), MAX_DEPTH + 2);
}

function searchedKey({ api_key: apiKey }: JsonObject): string | undefined {
  return typeof apiKey === 'string' && apiKey.length >= MIN_SEARCHED_KEY_CHARS ? apiKey : undefined;
}

/** A copy in which no text contains the secret. What nests deeper than `levels` is refused anyway and becomes null. */
function redact(value: Json | undefined, secret: string | undefined, levels: number): Json {
  if (typeof value === 'string') return redactText(value, secret);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (levels < 1) return null;
  if (Array.isArray(value)) return (value as readonly Json[]).map((element) => redact(element, secret, levels - 1));
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, member]) => [redactText(name, secret), redact(member, secret, levels - 1)]),
  );
}

function redactText(text: string, secret: string | undefined): string {
  return secret === undefined ? text : text.replaceAll(secret, REDACTED);
}

/** A text from a request, without the key that its envelope carries. */
export function withoutKey(text: string, body: JsonObject): string {
  return redactText(text, searchedKey(body));
}

/** For the rejections list: the item at this position, without the key that its envelope carries. */
export function itemOfBatch(body: unknown, index: number): unknown {
  if (!isJsonObject(body) || !Array.isArray(body.batch)) return undefined;
  const batch = body.batch as readonly (Json | undefined)[];
  return redact(batch[index], searchedKey(body), MAX_DEPTH);
}
