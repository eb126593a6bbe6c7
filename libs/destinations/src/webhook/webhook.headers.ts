import { isJsonObject, type JsonObject } from '#canonical';
import type { LiftedSecrets } from '../connector.js';
import { HEADER_NAME, HEADER_VALUE, SECRET_HEADER_PREFIX } from './webhook.schema.js';

/** Rather too many: whoever reads a harmless value's hint loses nothing. */
const SECRET_NAME =
  /token|secret|password|apikey|(?:^|[^a-z])(?:auth|authorization|cookie|credentials?|key|pass|passwd|sig|signature)(?:[^a-z]|$)/i;
const allowedName = new RegExp(HEADER_NAME);
const allowedValue = new RegExp(HEADER_VALUE);

/** Headers that carry a secret by their name become credentials. What no header may be stays, to be refused there. */
export function liftSecretHeaders({ headers, ...config }: JsonObject): LiftedSecrets {
  if (!isJsonObject(headers))
    return { config: headers === undefined ? config : { ...config, headers }, credentials: {} };
  const entries = Object.entries(headers);
  const secret = entries.filter((entry): entry is [string, string] => isSecretHeader(entry));
  const open = entries.filter((entry) => !isSecretHeader(entry));
  return {
    config: secret.length > 0 && open.length === 0 ? config : { ...config, headers: Object.fromEntries(open) },
    credentials: Object.fromEntries(secret.map(([name, value]) => [SECRET_HEADER_PREFIX + name.toLowerCase(), value])),
  };
}

/** A header that is nulled, or all of them at once, in whichever case it was given. */
export function secretHeadersTakenBack(
  { headers }: JsonObject,
  credentials: Readonly<Record<string, string>>,
): readonly string[] {
  const stored = Object.keys(credentials).filter((name) => name.startsWith(SECRET_HEADER_PREFIX));
  if (headers === null) return stored;
  const nulled = isJsonObject(headers) ? Object.entries(headers).filter(([, value]) => value === null) : [];
  const names = new Set(nulled.map(([name]) => SECRET_HEADER_PREFIX + name.toLowerCase()));
  return stored.filter((name) => names.has(name));
}

/** By lower-case name. */
export function configuredHeaders(
  config: JsonObject,
  credentials: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const open = Object.entries(config.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const secret = Object.entries(credentials).flatMap(([name, value]) =>
    name.startsWith(SECRET_HEADER_PREFIX) ? [[name.slice(SECRET_HEADER_PREFIX.length), value]] : [],
  );
  return Object.fromEntries([...open, ...secret]) as Readonly<Record<string, string>>;
}

function isSecretHeader([name, value]: readonly [string, unknown]): boolean {
  return SECRET_NAME.test(name) && allowedName.test(name) && typeof value === 'string' && allowedValue.test(value);
}
