import { headerCredential } from '../credential-schemas.js';
import type { Claim, CredentialPlace, CredentialsSpec, Dialect, IngestRoute, RequestView } from '../dialect.js';
import {
  checkBatch,
  checkEvent,
  checkEventsBulk,
  checkUser,
  checkUsersBulk,
  replyAccepted,
  replyToBulk,
} from './vibefollow.adapter.js';
import { VIBEFOLLOW_CLIENTS } from './vibefollow.clients.js';
import { replyToFault } from './vibefollow.errors.js';
import {
  decodeEvents,
  decodeSingleEvent,
  decodeSingleUser,
  decodeUsers,
  encodeEvent,
  encodeEvents,
  encodeSingle,
  encodeUser,
  encodeUsers,
  itemOf,
} from './vibefollow.mapping.js';
import {
  eventSchema,
  listSchema,
  MAX_BATCH_EVENTS,
  MAX_BODY_BYTES,
  MAX_BULK_RECORDS,
  userSchema,
} from './vibefollow.wire.js';

const credentials: CredentialsSpec = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: { apiKey: headerCredential('Secret key of the project.') },
  },
  generate: ({ apiKey }, random) => ({ apiKey: apiKey ?? `sk_live_${random(20).toString('hex')}` }),
  tokens: ({ apiKey }) => (apiKey === undefined ? [] : [{ token: apiKey, grant: 'write' }]),
};

const credentialPlaces: readonly CredentialPlace[] = [
  {
    name: 'apiKey',
    member: 'apiKey',
    grant: 'write',
    scheme: { type: 'http', scheme: 'bearer' },
    description: 'The secret key of a project.',
  },
];

function claim({ headers }: RequestView): Claim {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? { missing: 'Authorization: Bearer' } : { token };
}

/** The vendor limits per project and endpoint without saying how much; this is ours. */
const WINDOWS = [{ requests: 100, perSeconds: 1 }] as const;

const shared = {
  method: 'POST',
  grant: 'write',
  maxBodyBytes: MAX_BODY_BYTES,
  contentTypes: ['application/json'],
  // Nobody says how long a key may be; the vendor's own client sends UUIDs.
  idempotency: { header: 'idempotency-key', compareBody: true, scope: 'source', maxKeyLength: 255 },
} as const;

const event: IngestRoute = {
  ...shared,
  id: 'vibefollow.event',
  path: '/api/v1/events',
  summary: 'Track one event',
  rateLimit: { bucket: 'event', windows: WINDOWS },
  bodySchema: eventSchema,
  check: checkEvent,
  reply: replyAccepted,
  decode: decodeSingleEvent,
  encode: encodeSingle(encodeEvent),
  itemAt: (body) => body,
};

const batch: IngestRoute = {
  ...shared,
  id: 'vibefollow.batch',
  path: '/api/v1/events/batch',
  summary: 'Track up to 500 events, all or none',
  rateLimit: { bucket: 'batch', windows: WINDOWS },
  bodySchema: listSchema('events', eventSchema, MAX_BATCH_EVENTS),
  check: checkBatch,
  reply: replyAccepted,
  decode: decodeEvents,
  encode: encodeEvents,
  itemAt: itemOf('events'),
};

const eventsBulk: IngestRoute = {
  ...shared,
  id: 'vibefollow.events_bulk',
  path: '/api/v1/events/bulk',
  summary: 'Backfill up to 1,000 events, each on its own',
  rateLimit: { bucket: 'events_bulk', windows: WINDOWS },
  ownQueueFull: true,
  bodySchema: listSchema('events', eventSchema, MAX_BULK_RECORDS),
  check: checkEventsBulk,
  reply: replyToBulk,
  decode: decodeEvents,
  encode: encodeEvents,
  itemAt: itemOf('events'),
};

const user: IngestRoute = {
  ...shared,
  id: 'vibefollow.user',
  path: '/api/v1/users',
  summary: 'Create or update one user',
  rateLimit: { bucket: 'user', windows: WINDOWS },
  bodySchema: userSchema,
  check: checkUser,
  reply: replyAccepted,
  decode: decodeSingleUser,
  encode: encodeSingle(encodeUser),
  itemAt: (body) => body,
};

const usersBulk: IngestRoute = {
  ...shared,
  id: 'vibefollow.users_bulk',
  path: '/api/v1/users/bulk',
  summary: 'Create or update up to 1,000 users, each on its own',
  rateLimit: { bucket: 'users_bulk', windows: WINDOWS },
  ownQueueFull: true,
  bodySchema: listSchema('users', userSchema, MAX_BULK_RECORDS),
  check: checkUsersBulk,
  reply: replyToBulk,
  decode: decodeUsers,
  encode: encodeUsers,
  itemAt: itemOf('users'),
};

const vibefollow: Dialect = {
  name: 'vibefollow',
  title: 'VibeFollow',
  credentials,
  credentialPlaces,
  routes: [event, batch, eventsBulk, user, usersBulk],
  probes: [],
  ownedPaths: ['/api/v1/'],
  optionalPrefix: '/api/v1',
  claim,
  replyToFault,
  clients: VIBEFOLLOW_CLIENTS,
  sample: ({ apiKey = '' }) => ({
    path: '/api/v1/events/batch',
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    body: {
      events: [
        { external_user_id: 'usr_42', name: 'user_signed_up', properties: { plan: 'trial' } },
        { external_user_id: 'usr_42', name: 'trial_started', properties: { trialDays: 14 } },
      ],
    },
  }),
};

export default vibefollow;
