import type { OpenAPIObject } from '@nestjs/swagger';
import type { DialectRegistry, Dialect, IngestRoute, ProbeRoute } from '#dialects';

type Paths = OpenAPIObject['paths'];
type PathItem = Paths[string];

const ANSWERS = {
  '2XX': { description: "Accepted, in the vendor's own words. The events are safe on disk." },
  '4XX': { description: "Refused, in the vendor's own words." },
  '429': { description: 'Too many requests; `Retry-After` says when to come again.' },
  '503': { description: 'Not kept: overload, or the store does not answer. `Retry-After` says when to come again.' },
};

/** The native paths of every dialect, described by the schemas that requests are checked with. */
export function describeIngest({ all }: DialectRegistry): Paths {
  return Object.fromEntries(
    all.flatMap((dialect) => [
      ...dialect.routes.map((route) => [route.path, describeRoute(dialect, route)] as const),
      ...dialect.probes.map((route) => [route.path, describeProbe(dialect, route)] as const),
    ]),
  );
}

export function ingestTag({ title }: Dialect): string {
  return `Ingest: ${title}`;
}

function describeRoute(dialect: Dialect, route: IngestRoute): PathItem {
  const windows = route.rateLimit.windows.map(({ requests, perSeconds }) => `${requests} in ${perSeconds} s`);
  return {
    post: {
      operationId: route.id,
      tags: [ingestTag(dialect)],
      summary: route.summary,
      description:
        `Also below \`/${dialect.name}\`. At most ${route.maxBodyBytes} bytes, decompressed. ` +
        `Documented rate limit: ${windows.join(', ') || 'none'}.`,
      requestBody: {
        required: true,
        content: Object.fromEntries(route.contentTypes.map((type) => [type, { schema: route.bodySchema }])),
      },
      responses: ANSWERS,
      security: [],
    },
  };
}

function describeProbe(dialect: Dialect, route: ProbeRoute): PathItem {
  return {
    get: {
      operationId: route.id,
      tags: [ingestTag(dialect)],
      summary: route.summary,
      responses: { '200': { description: 'The key is good.' }, '4XX': ANSWERS['4XX'] },
      security: [],
    },
  };
}
