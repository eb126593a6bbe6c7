import { Injectable } from '@nestjs/common';
import { invalid } from '../configuration.errors.js';
import type { Credentials } from '../credentials/credential-inputs.js';
import { pointerTo } from '../json-pointer.js';
import { DialectCatalogue } from '../ports/dialect-catalogue.js';
import { tokenDigest, type Snapshot } from '../store/snapshot.js';
import { checkAgainstSchema } from './schema-check.js';

/** What must hold of a source beyond its shape. Throws ConfigurationError with pointers. */
@Injectable()
export class SourceCheck {
  constructor(private readonly dialects: DialectCatalogue) {}

  assertDialect(dialect: string): void {
    const names = this.dialects.names();
    if (names.includes(dialect)) return;
    throw invalid([{ pointer: '/dialect', message: `must be one of ${names.join(', ')}` }]);
  }

  /**
   * A token names one source and one grant, for ever: otherwise nobody could say whose events came. What is `stored` was
   * taken once, perhaps by milder rules: it may stay, so that the rest of its source can be changed.
   */
  assertCredentials(
    snapshot: Snapshot,
    id: string,
    dialect: string,
    credentials: Credentials,
    stored: Credentials = {},
  ): void {
    const kept = new Set(
      Object.keys(credentials)
        .filter((name) => credentials[name] === stored[name])
        .map((name) => pointerTo('/credentials', name)),
    );
    const faults = checkAgainstSchema(this.dialects.credentialsSchema(dialect), credentials, '/credentials').filter(
      ({ pointer }) => !kept.has(pointer),
    );
    if (faults.length > 0) throw invalid(faults);
    const tokens = this.dialects.tokens(dialect, credentials).map(({ token }) => token);
    const now = Date.now();
    for (const token of tokens) {
      const holder = snapshot.tokens.get(tokenDigest(dialect, token));
      const held = holder && (holder.until === undefined || holder.until > now);
      if (!held || holder.source.id === id) continue;
      const message = `is already a credential of the source "${holder.source.id}"`;
      throw invalid([{ pointer: pointerOf(credentials, token), message }]);
    }
    if (new Set(tokens).size < tokens.length) {
      throw invalid([{ pointer: '/credentials', message: 'must differ from each other' }]);
    }
  }
}

function pointerOf(credentials: Credentials, token: string): string {
  const name = Object.keys(credentials).find((member) => credentials[member] === token);
  return name === undefined ? '/credentials' : pointerTo('/credentials', name);
}
