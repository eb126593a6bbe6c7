import { readFile } from 'node:fs/promises';
import { isJsonObject } from '#canonical';
import type { Dialect } from '#dialects';
import { CliFailure, EXIT, messageOf } from '../failure.js';

/**
 * Of the source to send as: JSON by name, as the admin API shows them once, or the bare text where the dialect's sample
 * needs one only. Rejects with CliFailure.
 */
export async function readSourceCredentials(
  dialect: Dialect,
  file: string | undefined,
  given: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const text = (file === undefined ? given : await readText(file))?.trim();
  const names = namesIn(dialect);
  if (text === undefined) throw new CliFailure(`Say who sends: ${advice(dialect, names)}`, EXIT.usage);
  const members = text.startsWith('{') ? parsed(text) : names.length === 1 ? { [names[0] ?? '']: text } : {};
  const missing = names.filter((name) => typeof members[name] !== 'string' || members[name] === '');
  if (missing.length > 0) {
    throw new CliFailure(`The credentials lack ${missing.join(', ')}: ${advice(dialect, names)}`, EXIT.usage);
  }
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
}

/** The credentials that the dialect's sample request carries. */
function namesIn(dialect: Dialect): readonly string[] {
  const properties = dialect.credentials.schema.properties;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const sample = JSON.stringify(dialect.sample(Object.fromEntries(names.map((name) => [name, `<${name}>`]))));
  return names.filter((name) => sample.includes(`<${name}>`));
}

function advice({ title }: Dialect, names: readonly string[]): string {
  const members = names.map((name) => `"${name}":"…"`).join(',');
  return `${title} needs {${members}} in EVENT_GATEWAY_SOURCE_CREDENTIALS, or in a file named by --credentials-file.`;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliFailure(`Cannot read the credentials: ${messageOf(error)}`, EXIT.usage);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    if (isJsonObject(value)) return value;
  } catch {
    // The message would quote the credentials.
  }
  throw new CliFailure('The credentials are no JSON object.', EXIT.usage);
}
