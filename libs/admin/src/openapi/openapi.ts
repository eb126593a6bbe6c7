import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { DialectRegistry } from '#dialects';
import { RateWindowDto } from '../http/document-rules.js';
import { ProblemDto } from '../http/problem.dto.js';
import { describeIngest, ingestTag, securitySchemes } from './describe-ingest.js';
import { plainJsonSchema } from './plain-json-schema.js';

export interface ProductFacts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** Everything this program answers: admin, ingest of all dialects, health. */
export function buildOpenApi(app: INestApplication, dialects: DialectRegistry, product: ProductFacts): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(product.name)
    .setDescription(product.description)
    .setVersion(product.version)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN, or a token of `POST /admin/v1/tokens`' },
      'adminToken',
    );
  for (const dialect of dialects.all) {
    builder.addTag(ingestTag(dialect));
    for (const [name, scheme] of securitySchemes(dialect)) builder.addSecurity(name, scheme);
  }
  const document = SwaggerModule.createDocument(app, builder.build(), {
    extraModels: [ProblemDto, RateWindowDto],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  return { ...plainJsonSchema(document), paths: { ...describeIngest(dialects), ...plainJsonSchema(document.paths) } };
}

/** Serves `/openapi.json` and `/docs`, which asks nobody else for anything. Before the application is initialized. */
export function serveDocs(app: INestApplication, dialects: DialectRegistry, product: ProductFacts): void {
  SwaggerModule.setup('docs', app, () => buildOpenApi(app, dialects, product), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: product.name,
    // The validator badge would send the address of this document to a third party.
    swaggerOptions: { validatorUrl: null, persistAuthorization: false, displayRequestDuration: true },
  });
}
