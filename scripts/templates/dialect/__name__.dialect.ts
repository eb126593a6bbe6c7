import { headerCredential } from '../credential-schemas.js';
import type { Claim, CredentialsSpec, Dialect, IngestRoute, RequestView } from '../dialect.js';
import { checkBatch, replyToBatch } from './__name__.adapter.js';
import { replyToFault } from './__name__.errors.js';
import { decodeBatch, encodeBatch, itemOfBatch } from './__name__.mapping.js';
import { BATCH_SCHEMA, MAX_BODY_BYTES } from './__name__.wire.js';

const credentials: CredentialsSpec = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { apiKey: headerCredential('Key that may send events.') },
  },
  generate: ({ apiKey }, random) => ({ apiKey: apiKey ?? `key_${random(20).toString('hex')}` }),
  tokens: ({ apiKey }) => (apiKey === undefined ? [] : [{ token: apiKey, grant: 'write' }]),
};

function claim({ headers }: RequestView): Claim {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? { missing: 'Authorization: Bearer' } : { token };
}

const batch: IngestRoute = {
  id: '__name__.batch',
  method: 'POST',
  path: '/__name__/v1/events',
  summary: 'Send up to 1,000 events',
  grant: 'write',
  maxBodyBytes: MAX_BODY_BYTES,
  contentTypes: ['application/json'],
  rateLimit: { bucket: 'batch', windows: [{ requests: 100, perSeconds: 1 }] },
  bodySchema: BATCH_SCHEMA,
  check: checkBatch,
  reply: replyToBatch,
  decode: decodeBatch,
  encode: encodeBatch,
  itemAt: itemOfBatch,
};

const dialect: Dialect = {
  name: '__name__',
  title: '__Title__',
  credentials,
  credentialPlaces: [
    {
      name: 'apiKey',
      member: 'apiKey',
      grant: 'write',
      scheme: { type: 'http', scheme: 'bearer' },
      description: 'A key that may send events.',
    },
  ],
  routes: [batch],
  probes: [],
  ownedPaths: ['/__name__/'],
  claim,
  replyToFault,
  sample: ({ apiKey = '' }) => ({
    path: batch.path,
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: { events: [{ event: 'order_completed', user_id: 'u-1', timestamp: '2026-05-01T10:00:00Z' }] },
  }),
};

export default dialect;
