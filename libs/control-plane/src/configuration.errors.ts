import type { PointedFault } from './json-pointer.js';

export type ConfigurationKind = 'source' | 'destination' | 'token';

/** Why the configuration was not read or changed. Nothing is written when one of these is thrown. */
export type ConfigurationFault =
  | { readonly kind: 'invalid'; readonly errors: readonly PointedFault[] }
  | { readonly kind: 'not_found'; readonly what: ConfigurationKind; readonly id: string }
  | { readonly kind: 'already_exists'; readonly what: ConfigurationKind; readonly id: string }
  /** The caller's `ifMatch` is not what is stored. */
  | { readonly kind: 'changed_meanwhile'; readonly what: ConfigurationKind; readonly id: string }
  /** The caller's `ifNoneMatch` is what is stored. */
  | { readonly kind: 'exists_meanwhile'; readonly what: ConfigurationKind; readonly id: string }
  /** A type whose credentials only its vendor can issue. */
  | { readonly kind: 'not_rotatable'; readonly type: string }
  | { readonly kind: 'credentials_missing'; readonly id: string; readonly missing: readonly string[] }
  /** This process cannot read what is stored of it; another may. */
  | { readonly kind: 'unreadable'; readonly what: ConfigurationKind; readonly id: string }
  /** What waited for the deleted destination of this id would reach the one to be created: it is to be discarded first. */
  | { readonly kind: 'being_discarded'; readonly id: string }
  /** Other processes write faster than this one can decide. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'store_unavailable' };

export class ConfigurationError extends Error {
  constructor(
    readonly fault: ConfigurationFault,
    options?: ErrorOptions,
  ) {
    super(describe(fault), options);
    this.name = 'ConfigurationError';
  }
}

export function invalid(errors: readonly PointedFault[]): ConfigurationError {
  return new ConfigurationError({ kind: 'invalid', errors });
}

function describe(fault: ConfigurationFault): string {
  switch (fault.kind) {
    case 'invalid':
      return fault.errors.map(({ pointer, message }) => `${pointer === '' ? '/' : pointer}: ${message}`).join('; ');
    case 'not_found':
      return `There is no ${fault.what} "${fault.id}".`;
    case 'already_exists':
      return `There is already a ${fault.what} "${fault.id}".`;
    case 'changed_meanwhile':
      return `The ${fault.what} "${fault.id}" has changed since it was read.`;
    case 'exists_meanwhile':
      return `There is such a ${fault.what} "${fault.id}", against the condition of the request.`;
    case 'not_rotatable':
      return `Credentials of type "${fault.type}" are issued by the vendor: give the new ones with PATCH.`;
    case 'credentials_missing':
      return `The destination "${fault.id}" lacks ${fault.missing.join(', ')}: give them with PATCH, then resume.`;
    case 'unreadable':
      return `The stored ${fault.what} "${fault.id}" is of a later release or sealed with another key: change it there.`;
    case 'being_discarded':
      return `What waited for the deleted destination "${fault.id}" is still being discarded; try again.`;
    case 'busy':
      return 'The configuration is being changed by others; try again.';
    case 'store_unavailable':
      return 'The configuration store does not answer; try again.';
  }
}
