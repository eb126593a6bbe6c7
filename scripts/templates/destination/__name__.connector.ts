import type { ConnectorSettings, HttpConnector, JsonSchema } from '../connector.js';
import { interpretStatus } from '../interpret-status.js';

/** Events of different lanes never share a request; this vendor needs one alone. */
const LANE = 'events';

const configSchema: JsonSchema = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: {
      type: 'string',
      description: 'Where batches of events are posted to.',
      pattern: '^https?://[^\\s\\\\]+$',
      maxLength: 2_048,
    },
  },
};

const credentialsSchema: JsonSchema = {
  type: 'object',
  required: ['apiKey'],
  additionalProperties: false,
  properties: {
    // It goes into a header: printable ASCII without blanks.
    apiKey: { type: 'string', description: 'Key that may send events.', pattern: '^[!-~]+$', maxLength: 4_096 },
  },
};

const connector: HttpConnector = {
  type: '__name__',
  transport: 'http',
  title: '__Title__',
  description: 'Posts batches of events as JSON, with an API key.',
  configSchema,
  credentialsSchema,
  limits: { maxEvents: 1_000, maxBytes: 5_000_000 },
  defaults: {
    batch: { maxEvents: 500, maxBytes: 1_000_000, maxWaitMs: 1_000 },
    rateLimit: [],
    retry: { maxAttempts: 20, maxAgeSeconds: 86_400, minDelayMs: 1_000, maxDelayMs: 3_600_000 },
    timeoutMs: 30_000,
    concurrency: 2,
  },
  endpoint: urlOf,
  place: () => ({ kind: 'lane', lane: LANE }),
  encode: (events, _lane, settings, { key }) => ({
    method: 'POST',
    url: urlOf(settings),
    headers: { 'content-type': 'application/json', 'idempotency-key': key, ...authorization(settings) },
    // Whole events: nothing is lost. Once a vendor's shape replaces them, `lost` names what it cannot carry.
    body: JSON.stringify({ events }),
    secretHeaders: ['authorization'],
  }),
  interpret: interpretStatus,
};

export default connector;

function urlOf({ config }: ConnectorSettings): string {
  if (typeof config.url !== 'string') throw new Error('The configuration lacks its url');
  return config.url;
}

function authorization({ credentials }: ConnectorSettings): Readonly<Record<string, string>> {
  return credentials.apiKey === undefined ? {} : { authorization: `Bearer ${credentials.apiKey}` };
}
