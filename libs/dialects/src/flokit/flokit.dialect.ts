import { headerCredential } from '../credential-schemas.js';
import type {
  Claim,
  CredentialPlace,
  CredentialsSpec,
  Dialect,
  IngestRoute,
  ProbeRoute,
  RequestView,
} from '../dialect.js';
import { checkBatch, checkSingle, replyToBatch, replyToSingle } from './flokit.adapter.js';
import { FLOKIT_CLIENTS } from './flokit.clients.js';
import { jsonReply, replyToFault } from './flokit.errors.js';
import { decodeBatch, decodeSingle, encodeBatch, encodeSingle, itemOfBatch } from './flokit.mapping.js';
import { BATCH_SCHEMA, ITEM_SCHEMA, MAX_BODY_BYTES } from './flokit.wire.js';

const credentials: CredentialsSpec = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      apiKey: headerCredential('Read-write key: may send events.'),
      readOnlyApiKey: headerCredential('Read-only key: is told that it may not.'),
    },
  },
  generate: (given, random) => ({
    apiKey: given.apiKey ?? `fk_rw_${random(20).toString('hex')}`,
    readOnlyApiKey: given.readOnlyApiKey ?? `fk_ro_${random(20).toString('hex')}`,
  }),
  tokens: ({ apiKey, readOnlyApiKey }) => [
    ...(apiKey === undefined ? [] : [{ token: apiKey, grant: 'write' }]),
    ...(readOnlyApiKey === undefined ? [] : [{ token: readOnlyApiKey, grant: 'read' }]),
  ],
};

const bearer = { type: 'http', scheme: 'bearer' } as const;

const credentialPlaces: readonly CredentialPlace[] = [
  { name: 'apiKey', member: 'apiKey', grant: 'write', scheme: bearer, description: 'A read-write key of a workspace.' },
  {
    name: 'readOnlyApiKey',
    member: 'readOnlyApiKey',
    grant: 'read',
    scheme: bearer,
    description: 'A read-only key of a workspace.',
  },
];

function claim({ headers }: RequestView): Claim {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? { missing: 'Authorization: Bearer' } : { token };
}

const shared = {
  method: 'POST',
  grant: 'write',
  maxBodyBytes: MAX_BODY_BYTES,
  contentTypes: ['application/json'],
  idempotency: { header: 'idempotency-key', compareBody: false },
} as const;

const batch: IngestRoute = {
  ...shared,
  id: 'flokit.batch',
  path: '/v1/batch/events',
  summary: 'Send up to 1,000 events',
  idempotency: { ...shared.idempotency, keepNames: true },
  rateLimit: { bucket: 'batch', windows: [{ requests: 100, perSeconds: 60 }] },
  bodySchema: BATCH_SCHEMA,
  check: checkBatch,
  reply: replyToBatch,
  decode: decodeBatch,
  encode: encodeBatch,
  itemAt: itemOfBatch,
};

const single: IngestRoute = {
  ...shared,
  id: 'flokit.single',
  path: '/v1/events',
  summary: 'Send one event',
  // The vendor prints its figure under batch only; a server that sends event by event must not run into a wall.
  rateLimit: { bucket: 'single', windows: [{ requests: 6000, perSeconds: 60 }] },
  bodySchema: ITEM_SCHEMA,
  check: checkSingle,
  reply: replyToSingle,
  decode: decodeSingle,
  encode: encodeSingle,
  itemAt: (body) => body,
};

const workspace: ProbeRoute = {
  id: 'flokit.workspace',
  method: 'GET',
  path: '/v1/workspace',
  summary: 'Test a key',
  grant: ['write', 'read'],
  reply: ({ id, name }) => jsonReply(200, JSON.stringify({ status: 'ok', workspace: { id, name } })),
};

const flokit: Dialect = {
  name: 'flokit',
  title: 'FloKit',
  credentials,
  credentialPlaces,
  routes: [batch, single],
  probes: [workspace],
  ownedPaths: ['/v1/'],
  claim,
  replyToFault,
  clients: FLOKIT_CLIENTS,
  sample: ({ apiKey = '' }) => ({
    path: '/v1/batch/events',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: {
      events: [
        {
          event: 'paywall_viewed',
          user_id: 'usr_abc123',
          timestamp: '2026-03-15T14:20:00Z',
          properties: { paywall_id: 'pw_annual_v3', context: 'onboarding_step_3' },
        },
      ],
    },
  }),
};

export default flokit;
