import type { JsonObject } from '#canonical';
import type { ConnectorSettings, HttpConnector, OutboundRequest, RequestIdentity } from '../connector.js';
import { interpretStatus } from '../interpret-status.js';
import { eventsBody } from './event-json.js';
import { configuredHeaders, liftSecretHeaders, secretHeadersTakenBack } from './webhook.headers.js';
import { configSchema, credentialsSchema } from './webhook.schema.js';
import { generateSigningSecret, signatures } from './webhook.signature.js';

const PLACE = { kind: 'lane', lane: 'events' } as const;

const webhook: HttpConnector = {
  type: 'webhook',
  transport: 'http',
  title: 'Webhook',
  description: 'Posts batches of events as JSON to a URL of yours, signed by the Standard Webhooks rules.',
  configSchema,
  credentialsSchema,
  liftSecrets: liftSecretHeaders,
  secretsTakenBack: secretHeadersTakenBack,
  generateCredentials: (random) => ({ signingSecret: generateSigningSecret(random) }),
  limits: { maxEvents: 10_000, maxBytes: 16_000_000 },
  defaults: {
    batch: { maxEvents: 1_000, maxBytes: 1_000_000, maxWaitMs: 1_000 },
    rateLimit: [],
    retry: { maxAttempts: 20, maxAgeSeconds: 86_400, minDelayMs: 1_000, maxDelayMs: 3_600_000 },
    timeoutMs: 30_000,
    concurrency: 4,
  },
  endpoint: (settings) => urlOf(settings.config),
  place: () => PLACE,
  encode: (events, _lane, settings, identity) => {
    const body = eventsBody(events);
    const own = configuredHeaders(settings.config, settings.credentials);
    return {
      method: 'POST',
      url: urlOf(settings.config),
      headers: { ...own, ...protocolHeaders(body, settings, identity) },
      body,
      // What an admin puts into a header is as likely a key as not.
      secretHeaders: [...new Set(['authorization', 'webhook-signature', ...Object.keys(own)])],
    };
  },
  interpret: interpretStatus,
};

export default webhook;

/** After the configured ones, so that those cannot replace them. */
function protocolHeaders(
  body: Buffer,
  { credentials }: ConnectorSettings,
  { key, attemptAt }: RequestIdentity,
): OutboundRequest['headers'] {
  const { signingSecret, previousSigningSecret, bearerToken } = credentials;
  const secrets = [signingSecret, previousSigningSecret].filter((secret) => secret !== undefined);
  const timestamp = Math.floor(attemptAt / 1_000);
  return {
    'content-type': 'application/json',
    'webhook-id': key,
    'webhook-timestamp': String(timestamp),
    ...(secrets.length > 0 && { 'webhook-signature': signatures(secrets, key, timestamp, body) }),
    ...(bearerToken !== undefined && { authorization: `Bearer ${bearerToken}` }),
  };
}

function urlOf(config: JsonObject): string {
  if (typeof config.url !== 'string') throw new Error('The configuration of a webhook lacks its url');
  return config.url;
}
