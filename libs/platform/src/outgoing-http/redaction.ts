/** Stands wherever a secret was. */
export const REDACTED = '[redacted]';

/** Shorter credentials would also hit innocent text. */
const MIN_SECRET_LENGTH = 6;

/** The headers with the values of `secretHeaders` (lower case) replaced. */
export function redactHeaders(
  headers: Readonly<Record<string, string>>,
  secretHeaders: readonly string[],
): Readonly<Record<string, string>> {
  const secret = new Set(secretHeaders);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secret.has(name.toLowerCase()) ? REDACTED : value]),
  );
}

/**
 * The body with the values of these top-level members replaced. A body that is no JSON object is shown as it is only
 * if there is nothing to hide.
 */
export function redactBody(body: string, secretMembers: readonly string[]): string {
  if (secretMembers.length === 0) return body;
  const parsed = parseObject(body);
  if (!parsed) return REDACTED;
  const hidden = secretMembers.filter((member) => Object.hasOwn(parsed, member));
  return JSON.stringify({ ...parsed, ...Object.fromEntries(hidden.map((member) => [member, REDACTED])) });
}

/** Takes credentials out of texts of a foreign hand (an answer, an error) that may repeat them, as they are or escaped. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [secret, secret.replaceAll('/', '\\/'), encodeURIComponent(wellFormed(secret))]);
  const longestFirst = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((shown, secret) => shown.replaceAll(secret, REDACTED), text);
}

/** A URL for its admin: the names of its parameters without their values, which are often keys. */
export function redactQuery(text: string): string {
  const start = text.indexOf('?');
  return start < 0 ? text : text.slice(0, start) + text.slice(start).replace(/=[^&#]*/g, `=${REDACTED}`);
}

/** What of a URL may be a key: the values of its parameters, as written and as meant. */
export function secretsOfUrl(text: string): readonly string[] {
  if (!text.includes('?') || !URL.canParse(text)) return [];
  const { search, searchParams } = new URL(text);
  return [...searchParams.values(), ...[...search.matchAll(/=([^&]*)/g)].map(([, value = '']) => value)];
}

/** A URL for logs: its origin only, since the path and query of a webhook are often all its protection. */
export function redactUrl(text: string): string {
  return URL.canParse(text) ? new URL(text).origin : REDACTED;
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** With U+FFFD for halves of characters, which a URL cannot carry. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
