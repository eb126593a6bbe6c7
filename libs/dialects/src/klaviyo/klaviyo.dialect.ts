import type { Dialect, IngestRoute, ProbeRoute, RateState, RouteParameter } from '../dialect.js';
import { encode } from './klaviyo-encode.mapping.js';
import { adapterFor, replyAccepted } from './klaviyo.adapter.js';
import { KLAVIYO_CLIENTS } from './klaviyo.clients.js';
import { claim, credentialPlaces, credentials } from './klaviyo.credentials.js';
import { replyToFault } from './klaviyo.errors.js';
import { itemAt, type Layout } from './klaviyo.layout.js';
import { decode, type Place } from './klaviyo.mapping.js';

const BULK_RATE = [
  { requests: 10, perSeconds: 1 },
  { requests: 150, perSeconds: 60 },
];
const SINGLE_RATE = [
  { requests: 350, perSeconds: 1 },
  { requests: 3500, perSeconds: 60 },
];

const revision: RouteParameter = {
  in: 'header',
  name: 'revision',
  description:
    'A date, `YYYY-MM-DD`, behind which a point and a suffix may stand. Before 2025-01-15 a `unique_id` that a bulk ' +
    'request repeats is dropped instead of refused. Without a readable date the newest rules hold.',
  schema: { type: 'string', examples: ['2026-07-15'] },
};

type RouteFacts = Pick<IngestRoute, 'id' | 'path' | 'summary' | 'grant' | 'rateLimit'>;

function route(facts: RouteFacts, layout: Layout): IngestRoute {
  const { schema, check } = adapterFor(layout);
  const place: Place = { layout, browser: facts.grant === 'public' };
  return {
    ...facts,
    method: 'POST',
    maxBodyBytes: 5 * 1024 * 1024,
    // The documents name the first, the vendor's own Node client sends the second.
    contentTypes: ['application/vnd.api+json', 'application/json'],
    // What a body meant depends on it: see `repeatRule`.
    keepHeaders: ['revision'],
    parameters: [revision],
    bodySchema: schema,
    check,
    reply: replyAccepted,
    decode: (stored) => decode(stored, place),
    encode: (events) => encode(events, place),
    itemAt: (body, index) => itemAt(body, layout, index),
  };
}

const routes: readonly IngestRoute[] = [
  route(
    {
      id: 'klaviyo.job',
      path: '/api/event-bulk-create-jobs',
      summary: 'Create up to 1,000 events of one or more profiles',
      grant: 'write',
      rateLimit: { bucket: 'bulk', windows: BULK_RATE },
    },
    'job',
  ),
  route(
    {
      id: 'klaviyo.single',
      path: '/api/events',
      summary: 'Create one event',
      grant: 'write',
      rateLimit: { bucket: 'single', windows: SINGLE_RATE },
    },
    'single',
  ),
  route(
    {
      id: 'klaviyo.client_bulk',
      path: '/client/event-bulk-create',
      summary: 'Create events of one profile from a browser or an app',
      grant: 'public',
      rateLimit: { bucket: 'client_bulk', windows: BULK_RATE },
    },
    'bulk',
  ),
  route(
    {
      id: 'klaviyo.client_single',
      path: '/client/events',
      summary: 'Create one event from a browser or an app',
      grant: 'public',
      rateLimit: { bucket: 'client_single', windows: SINGLE_RATE },
    },
    'single',
  ),
];

const accounts: ProbeRoute = {
  id: 'klaviyo.accounts',
  method: 'GET',
  path: '/api/accounts',
  // The vendor's middle tier, as for bulk: every answer to a recognised caller carries RateLimit headers.
  rateLimit: {
    bucket: 'accounts',
    windows: [
      { requests: 10, perSeconds: 1 },
      { requests: 150, perSeconds: 60 },
    ],
  },
  summary: 'Test a key',
  grant: 'write',
  reply: ({ id, name }) => ({
    status: 200,
    headers: { 'Content-Type': 'application/vnd.api+json' },
    body: JSON.stringify({
      data: [
        {
          type: 'account',
          id,
          attributes: { test_account: false, contact_information: { organization_name: name } },
          links: { self: `/api/accounts/${encodeURIComponent(id)}` },
        },
      ],
      links: { self: '/api/accounts', next: null, prev: null },
    }),
  }),
};

/** `plain` as documented (`150`), `compound` as callers have seen it (`10, 10;w=1, 150;w=60`). */
export type RateLimitForm = 'plain' | 'compound';

/** Headers about the steady, that is the longest, window. None where no limit holds. */
export function rateLimitHeaders(state: RateState, form: RateLimitForm): Readonly<Record<string, string>> {
  const byLength = [...state.windows].sort((one, other) => one.perSeconds - other.perSeconds);
  const steady = byLength.at(-1);
  const burst = byLength.at(0);
  if (!steady || !burst) return {};
  const windows = byLength.map(({ requests, perSeconds }) => `${requests};w=${perSeconds}`);
  return {
    'RateLimit-Limit': form === 'plain' ? String(steady.requests) : `${burst.requests}, ${windows.join(', ')}`,
    'RateLimit-Remaining': String(state.remaining),
    'RateLimit-Reset': String(state.resetSeconds),
  };
}

const klaviyo: Dialect = {
  name: 'klaviyo',
  title: 'Klaviyo',
  credentials,
  credentialPlaces,
  routes,
  probes: [accounts],
  ownedPaths: ['/api/', '/client/'],
  gone: ['/api/track', '/api/identify'],
  cors: { paths: ['/client/'], headers: ['content-type', 'revision'] },
  claim,
  replyToFault,
  rateHeaders: (state) => rateLimitHeaders(state, 'plain'),
  clients: KLAVIYO_CLIENTS,
  sample: ({ privateKey = '' }) => ({
    path: '/api/event-bulk-create-jobs',
    headers: {
      Authorization: `Klaviyo-API-Key ${privateKey}`,
      revision: '2026-07-15',
      'Content-Type': 'application/vnd.api+json',
    },
    body: encode(
      [
        {
          id: 'order-1001',
          type: 'track',
          event: 'Placed Order',
          user_id: 'usr_abc123',
          anonymous_id: null,
          timestamp: '2026-03-15T14:20:00Z',
          received_at: '2026-03-15T14:20:00Z',
          properties: { items: 2 },
          identity: { email: 'lee@example.com' },
          value: { amount: 29.5, currency: 'EUR' },
          source: { id: 'sample', dialect: 'sample' },
        },
      ],
      { layout: 'job', browser: false },
    ),
  }),
};

export default klaviyo;
