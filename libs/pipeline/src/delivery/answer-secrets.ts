import type { ConnectorSettings, InboundResponse, OutboundRequest } from '#destinations';
import { redactor, secretsOfUrl } from '#platform';

/**
 * The answer without what the request had to keep to itself: some vendors echo what they were sent. To be applied before
 * anything is made of an answer, since refusals quote it.
 */
export function withoutSecrets(
  { status, headers, body, cut }: Pick<InboundResponse, 'status' | 'headers' | 'body' | 'cut'>,
  request: OutboundRequest,
  { credentials }: ConnectorSettings,
): Pick<InboundResponse, 'status' | 'headers' | 'body' | 'cut'> {
  const secret = new Set(request.secretHeaders);
  const hidden = Object.entries(request.headers).flatMap(([name, value]) =>
    secret.has(name.toLowerCase()) ? [value, withoutScheme(value)] : [],
  );
  const redact = redactor([...Object.values(credentials), ...hidden, ...secretsOfUrl(request.url)]);
  const shown = Object.entries(headers).map(([name, value]) => [name, redact(value)] as const);
  return { status, headers: Object.fromEntries(shown), body: redact(body), ...(cut && { cut }) };
}

/** `Bearer <token>`: what is echoed may be the token alone. */
const withoutScheme = (value: string): string => value.replace(/^\S+\s+/, '');
