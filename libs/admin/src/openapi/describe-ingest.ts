import type { DocumentBuilder, OpenAPIObject } from '@nestjs/swagger';
import { type CredentialPlace, type Dialect, type DialectRegistry, type IngestRoute, type ProbeRoute } from '#dialects';

type Paths = OpenAPIObject['paths'];
type PathItem = Paths[string];
type Operation = NonNullable<PathItem['post']>;
type SecurityScheme = Parameters<DocumentBuilder['addSecurity']>[1];

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

/** By name, which is unique among the dialects. */
export function securitySchemes(dialect: Dialect): readonly (readonly [name: string, scheme: SecurityScheme])[] {
  return dialect.credentialPlaces.map((place) => {
    const { scheme, prefix, description } = place;
    const before = prefix === undefined ? '' : ` \`${prefix.trimEnd()}\` and a blank stand before it.`;
    return [schemeName(dialect, place), { ...scheme, description: `${dialect.title}: ${description}${before}` }];
  });
}

function schemeName(dialect: Dialect, { name }: CredentialPlace): string {
  return `${dialect.name}.${name}`;
}

/** One of them is enough; none: the body says who is calling. */
function securityOf(dialect: Dialect, { grant }: IngestRoute | ProbeRoute): Operation['security'] {
  const grants = typeof grant === 'string' ? [grant] : grant;
  const places = dialect.credentialPlaces.filter((place) => grants.includes(place.grant));
  return places.map((place) => ({ [schemeName(dialect, place)]: [] }));
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
        `Documented rate limit: ${windows.join(', ') || 'none'}.` +
        (dialect.credentialPlaces.length > 0 ? '' : ' The credentials are in the body.'),
      parameters: parametersOf(route),
      requestBody: {
        required: true,
        content: Object.fromEntries(route.contentTypes.map((type) => [type, { schema: route.bodySchema }])),
      },
      responses: ANSWERS,
      security: securityOf(dialect, route),
    },
  };
}

function parametersOf({ idempotency, parameters = [] }: IngestRoute): NonNullable<Operation['parameters']> {
  const described = parameters.map((parameter) => ({ ...parameter, required: false }));
  if (!idempotency) return described;
  const { header, compareBody, scope, maxKeyLength } = idempotency;
  const key = {
    in: 'header' as const,
    name: header.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    required: false,
    description:
      'For 24 hours a request with the same key gets the first answer again, and nothing more is kept. ' +
      (compareBody ? 'With another body it is refused. ' : '') +
      (scope === 'source' ? 'Keys are shared by all endpoints.' : 'Every endpoint has its own keys.'),
    schema: { type: 'string', ...(maxKeyLength === undefined ? {} : { maxLength: maxKeyLength }) },
  };
  return [key, ...described];
}

function describeProbe(dialect: Dialect, route: ProbeRoute): PathItem {
  return {
    get: {
      operationId: route.id,
      tags: [ingestTag(dialect)],
      summary: route.summary,
      responses: { '200': { description: 'The key is good.' }, '4XX': ANSWERS['4XX'] },
      security: securityOf(dialect, route),
    },
  };
}
