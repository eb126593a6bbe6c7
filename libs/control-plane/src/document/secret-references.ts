import type { EnvironmentReferences } from '#platform';
import type { CredentialInput, CredentialInputs } from '../credentials/credential-inputs.js';
import { pointerTo, type PointedFault } from '../json-pointer.js';

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

interface ResolvedReferences {
  /** What could not be resolved keeps what is stored, so that the rest can be checked. */
  readonly credentials: CredentialInputs;
  readonly faults: readonly PointedFault[];
}

/** Replaces credentials that read `${NAME}` by what the environment holds. No value ever stands in a fault. */
export function resolveReferences(
  inputs: CredentialInputs,
  environment: EnvironmentReferences,
  pointer: string,
): ResolvedReferences {
  const faults: PointedFault[] = [];
  const resolve = (name: string, input: CredentialInput): CredentialInput => {
    if (typeof input !== 'string' || !input.includes('${')) return input;
    const found = resolveOne(input, environment);
    if ('value' in found) return found.value;
    faults.push({ pointer: pointerTo(pointer, name), message: found.message });
    return { set: true };
  };
  const entries = Object.entries(inputs).map(([name, input]) => [name, resolve(name, input)] as const);
  return { credentials: Object.fromEntries(entries), faults };
}

function resolveOne(
  text: string,
  environment: EnvironmentReferences,
): { readonly value: string } | { readonly message: string } {
  const name = REFERENCE.exec(text)?.[1];
  if (name === undefined) return { message: 'a reference must be the whole text, as in "${NAME}"' };
  const value = environment.lookUp(name);
  if (value !== undefined) return { value };
  return { message: `the environment has no \${${name}}, or it is empty, or it belongs to the gateway itself` };
}
