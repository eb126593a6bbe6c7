import { isJsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';

/** How a stored credential reads outside; sent back, it keeps what is stored. */
export interface MaskedCredential {
  readonly set: true;
  /** The end of the credential, never more than a quarter of it. */
  readonly hint: string;
}

/** A text is taken over, null removes, `{set: true}` (and an absent member) keeps. */
export type CredentialInput = string | null | { readonly set: true };
export type CredentialInputs = Readonly<Record<string, CredentialInput>>;
export type Credentials = Readonly<Record<string, string>>;

export interface ResolvedCredentials {
  readonly credentials: Credentials;
  /** What was made here and has to be shown once. */
  readonly generated: Credentials;
}

/** `generate` makes what may be left out; what is given or stored always wins over it. */
export function resolveCredentials(
  inputs: CredentialInputs,
  stored: Credentials,
  generate: (given: Credentials) => Credentials,
): ResolvedCredentials {
  const kept = new Map(Object.entries(stored));
  for (const [name, input] of Object.entries(inputs)) {
    if (input === null) kept.delete(name);
    else if (typeof input === 'string') kept.set(name, input);
  }
  const given = Object.fromEntries(kept);
  const generated = Object.fromEntries(Object.entries(generate(given)).filter(([name]) => !kept.has(name)));
  return { credentials: { ...given, ...generated }, generated };
}

/** Members that `{set: true}` says are stored, but that `credentials` do not hold. */
export function claimedCredentials(inputs: CredentialInputs, credentials: Credentials): readonly string[] {
  return Object.entries(inputs).flatMap(([name, input]) =>
    typeof input === 'object' && input !== null && !Object.hasOwn(credentials, name) ? [name] : [],
  );
}

const HINT_CHARACTERS = 4;

export function maskCredential(text: string): MaskedCredential {
  const shown = Math.min(HINT_CHARACTERS, Math.floor(text.length / 4));
  return { set: true, hint: `…${shown === 0 ? '' : text.slice(-shown)}` };
}

/** The members a rotation replaces: those marked `writeOnly`, or all where the schema marks none. */
export function rotatedMembers(schema: JsonSchema): (name: string) => boolean {
  const properties = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  const secrets = new Set(
    properties.filter(([, member]) => isJsonObject(member) && member.writeOnly === true).map(([name]) => name),
  );
  return secrets.size === 0 ? () => true : (name) => secrets.has(name);
}
