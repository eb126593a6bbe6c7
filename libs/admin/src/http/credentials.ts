import { isJsonObject, type JsonObject } from '#canonical';
import {
  invalid,
  maskCredential,
  pointerTo,
  type CredentialInput,
  type CredentialInputs,
  type Credentials,
  type MaskedCredential,
} from '#control-plane';

/** As an answer shows them: in clear only where they were generated just now. */
export type ShownCredentials = Readonly<Record<string, string | MaskedCredential>>;

export function showCredentials(credentials: Credentials, generated: Credentials = {}): ShownCredentials {
  const entries = Object.entries(credentials).map(([name, text]) => [
    name,
    Object.hasOwn(generated, name) ? text : maskCredential(text),
  ]);
  return Object.fromEntries(entries) as ShownCredentials;
}

/** Throws ConfigurationError with a pointer for each member that cannot be a credential. */
export function readCredentials(members: JsonObject | null | undefined): CredentialInputs {
  const entries = Object.entries(members ?? {});
  const faults = entries
    .filter(([, value]) => !isCredentialInput(value))
    .map(([name]) => ({
      pointer: pointerTo('/credentials', name),
      message: 'must be a text, null to remove it, or {"set": true} to keep what is stored',
    }));
  if (faults.length > 0) throw invalid(faults);
  return Object.fromEntries(entries.filter((entry): entry is [string, CredentialInput] => isCredentialInput(entry[1])));
}

function isCredentialInput(value: unknown): value is CredentialInput {
  if (typeof value === 'string' || value === null) return true;
  return (
    isJsonObject(value) && value.set === true && Object.keys(value).every((name) => name === 'set' || name === 'hint')
  );
}
