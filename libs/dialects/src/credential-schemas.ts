import type { JsonSchema } from '#destinations';

/** Of a head that may have 16 KB in all. */
const MAX_HEADER_CHARS = 4_096;
/** Each may take twelve once it is percent-encoded. */
const MAX_QUERY_CHARS = 1_000;

/** A credential that callers put into a header, and that parsers of it read as one word: printable ASCII without blanks. */
export function headerCredential(description: string): JsonSchema {
  return { type: 'string', description, pattern: '^[!-~]+$', maxLength: MAX_HEADER_CHARS };
}

/** A credential that callers put into the query, which carries any text. */
export function queryCredential(description: string): JsonSchema {
  return { type: 'string', description, minLength: 1, maxLength: MAX_QUERY_CHARS };
}
