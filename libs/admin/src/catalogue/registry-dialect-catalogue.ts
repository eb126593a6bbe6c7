import { Injectable } from '@nestjs/common';
import type { Credentials } from '#control-plane';
import { DialectCatalogue } from '#control-plane';
import type { JsonSchema } from '#destinations';
import { DialectRegistry, type Dialect } from '#dialects';

/** Tells the control plane what the dialects of this program say of themselves. */
@Injectable()
export class RegistryDialectCatalogue extends DialectCatalogue {
  constructor(private readonly dialects: DialectRegistry) {
    super();
  }

  override names(): readonly string[] {
    return this.dialects.all.map(({ name }) => name);
  }

  override credentialsSchema(dialect: string): JsonSchema {
    return this.known(dialect).credentials.schema;
  }

  override generate(dialect: string, given: Credentials, random: (bytes: number) => Buffer): Credentials {
    return this.known(dialect).credentials.generate(given, random);
  }

  override tokens(
    dialect: string,
    credentials: Credentials,
  ): readonly { readonly token: string; readonly grant: string }[] {
    return this.known(dialect).credentials.tokens(credentials);
  }

  private known(name: string): Dialect {
    const dialect = this.dialects.get(name);
    if (!dialect) throw new Error(`there is no dialect "${name}"`);
    return dialect;
  }
}
