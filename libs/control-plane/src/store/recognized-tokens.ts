import { tokenDigest, type Snapshot, type TokenEntry } from './snapshot.js';

/**
 * Tokens that were found once, as they came: digesting one costs more than all the rest of admitting a request. Who
 * guesses still meets the digests, and V8 compares texts only where their seeded hashes agree: a lookup's time tells
 * nothing here either. Holds no more than the configuration itself.
 */
export class RecognizedTokens {
  private snapshot: Snapshot | undefined;
  private readonly byDialect = new Map<string, Map<string, TokenEntry>>();

  find(snapshot: Snapshot, dialect: string, token: string): TokenEntry | undefined {
    if (snapshot !== this.snapshot) {
      this.byDialect.clear();
      this.snapshot = snapshot;
    }
    const recognized = this.byDialect.get(dialect);
    return recognized?.get(token) ?? this.recognize(snapshot, dialect, token, recognized);
  }

  private recognize(
    { tokens }: Snapshot,
    dialect: string,
    token: string,
    recognized = new Map<string, TokenEntry>(),
  ): TokenEntry | undefined {
    const entry = tokens.get(tokenDigest(dialect, token));
    if (entry) this.byDialect.set(dialect, recognized.set(token, entry));
    return entry;
  }
}
