import type { JsonSchema } from '#destinations';

/** What the control plane needs to know of dialects. Bound where both are known. */
export abstract class DialectCatalogue {
  abstract names(): readonly string[];
  /** Every property is a string; those marked `writeOnly` are secrets and change on rotation. */
  abstract credentialsSchema(dialect: string): JsonSchema;
  /** Credentials in the vendor's style for the members that `given` lacks. */
  abstract generate(
    dialect: string,
    given: Readonly<Record<string, string>>,
    random: (bytes: number) => Buffer,
  ): Readonly<Record<string, string>>;
  /** Every text by which a caller is recognised, and what it grants. */
  abstract tokens(
    dialect: string,
    credentials: Readonly<Record<string, string>>,
  ): readonly { readonly token: string; readonly grant: string }[];
}
