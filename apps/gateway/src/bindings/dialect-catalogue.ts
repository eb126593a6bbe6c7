import { DialectCatalogue } from '#control-plane';
import type { JsonSchema } from '#destinations';
import type { Dialect, DialectRegistry } from '#dialects';

/** The dialects as the control plane needs to know them. */
export class RegisteredDialects extends DialectCatalogue {
  constructor(private readonly dialects: DialectRegistry) {
    super();
  }

  names(): readonly string[] {
    return this.dialects.all.map(({ name }) => name);
  }

  credentialsSchema(dialect: string): JsonSchema {
    return this.of(dialect).credentials.schema;
  }

  generate(
    dialect: string,
    given: Readonly<Record<string, string>>,
    random: (bytes: number) => Buffer,
  ): Readonly<Record<string, string>> {
    return this.of(dialect).credentials.generate(given, random);
  }

  tokens(
    dialect: string,
    credentials: Readonly<Record<string, string>>,
  ): readonly { readonly token: string; readonly grant: string }[] {
    return this.of(dialect).credentials.tokens(credentials);
  }

  private of(name: string): Dialect {
    const dialect = this.dialects.get(name);
    if (!dialect) throw new Error(`there is no dialect ${name}`);
    return dialect;
  }
}
